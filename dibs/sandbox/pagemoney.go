package sandbox

import "flexform/money"

// A moneyView is one sum of a transaction.
type moneyView struct {
	Name   string
	Amount money.Amount
	Result bool // of those above it
}

// parts returns the transactions that took a part of t, in their order.
func (g *Gateway) parts(t *record) []*record {
	var parts []*record
	for _, id := range t.Details.Parts {
		if part := g.book.find(id); part != nil {
			parts = append(parts, part)
		}
	}
	return parts
}

// moneyOf returns the sums of t. A base holds no captured money itself: its
// parts do, and their sums are what a person asks for. A ticket has none.
func moneyOf(t *record, parts []*record) []moneyView {
	switch {
	case t.Status.isTicket():
		return nil
	case t.Status.isRefused():
		return []moneyView{{Name: "Asked for", Amount: t.Amount}}
	case len(parts) == 0:
		return []moneyView{
			{Name: "Authorised", Amount: t.Amount}, {Name: "Captured", Amount: t.Captured}, {Name: "Refunded", Amount: t.Refunded},
			{Name: "Net", Amount: minus(t.Captured, t.Refunded), Result: true},
		}
	}
	captured, refunded := zero(t.Amount), zero(t.Amount)
	for _, part := range parts {
		captured, refunded = plus(captured, part.Captured), plus(refunded, part.Refunded)
	}
	all := []moneyView{
		{Name: "Authorised", Amount: t.Amount}, {Name: "Captured in parts", Amount: captured}, {Name: "Refunded in parts", Amount: refunded},
		{Name: "Net", Amount: minus(captured, refunded), Result: true},
	}
	if t.Status == StatusSplitOpen {
		all = append(all, moneyView{Name: "Left to capture", Amount: minus(t.Amount, captured)})
	}
	return all
}

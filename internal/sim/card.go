package sim

import (
	"fmt"

	"flexform/dibs"
	"flexform/statefile"
)

// expect makes the payment that a charge of a card for an order would make. It
// is in no books, and has no number, until then.
func (b *bank) expect(card *account, order string, minor int64) *account {
	a := &account{merchant: card.merchant, orderID: order, amount: minor, card: card}
	b.unborn[order] = a
	return a
}

// charge makes a payment, unless the order is there (flexwin.md 5.8, uniqueoid).
func (b *bank) charge(r *request) verdict {
	if b.paid(r.account.merchant, r.order) != nil {
		return verdict{code: int(dibs.ReasonOrderNotUnique)}
	}
	if r.account.status != dibs.StatusTicket {
		return verdict{code: int(dibs.ReasonParameterError)}
	}
	if r.account.old {
		b.accounts = append(b.accounts, &account{
			merchant: r.account.merchant, transact: b.number(), orderID: r.order, amount: r.minor,
			status: dibs.StatusDeclined, card: r.account,
		})
		return verdict{code: int(dibs.ReasonCardExpired)}
	}
	a := b.unborn[r.order]
	if a == nil || a.amount != r.minor || a.card != r.account {
		b.h.failf("a charge of %d for order %s, which nobody asked for", r.minor, r.order)
		return verdict{code: int(dibs.ReasonParameterError)}
	}
	a = b.pay(a, r.capture)
	if r.made = a; len(a.flights) > 0 {
		a.flights[0].request = r
	}
	return verdict{accepted: true}
}

// pay brings an expected payment into the books.
func (b *bank) pay(a *account, capture bool) *account {
	delete(b.unborn, a.orderID)
	a.transact, a.born = b.number(), b.h.clock.since()
	b.accounts = append(b.accounts, a)
	if b.batch && b.h.random.IntN(2) == 0 {
		a.status = dibs.StatusInserted // accepted, and nobody has heard of the acquirer yet
		a.flights = append(a.flights, &flight{verb: statefile.Charge, minor: a.amount, capture: capture})
		return a
	}
	a.authorise(capture)
	return a
}

// renew expects the payment of a declined one's order anew.
func (b *bank) renew(declined *account) {
	fresh := b.expect(declined.card, declined.orderID, declined.amount)
	if w := b.h.shop.of(declined); w != nil {
		w.account = fresh
	}
}

// number is what the next payment is called: the newest has the largest.
func (b *bank) number() string {
	b.made++
	return fmt.Sprint(95_000_000 + b.made)
}

func (a *account) authorise(capture bool) {
	a.status = dibs.StatusAuthorised
	if capture {
		a.captured, a.status = a.amount, dibs.StatusCaptured
	}
}

// paid returns the payment of an order that was not declined; nil when there is
// none.
func (b *bank) paid(merchant, order string) *account {
	for _, a := range b.accounts {
		if a.merchant == merchant && a.orderID == order && a.status != dibs.StatusDeclined {
			return a
		}
	}
	return nil
}

// atTheCounter uses a stored card behind flexform's back: for an order that is
// declared, or to delete it.
func (b *bank) atTheCounter(card *account) {
	t := b.h.shop.ticket(card)
	if t == nil || b.h.random.IntN(3) == 0 {
		card.status = dibs.StatusTicketDeleted
		b.h.story.movement(card, statefile.Delete, 1)
	} else {
		c := t.declared.Charges
		if len(c) == 0 || b.unborn[c[0].OrderID] == nil {
			return
		}
		a := b.pay(b.unborn[c[0].OrderID], c[0].Capture)
		a.theirs = true
		b.h.story.movement(a, statefile.Charge, a.amount)
	}
	card.theirs = true
	b.h.saw(sawBackOffice)
	b.h.tracef("    back-office: uses ticket %s", card.transact)
}

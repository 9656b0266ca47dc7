package apply

import (
	"context"
	"fmt"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/statefile"
)

// A sight is what the gateway says of a transaction at one moment.
type sight struct {
	status dibs.Status
	pay    *dibs.PayInfo // nil when only the status was asked for
	sums   *plan.Sums    // of a split capture's base
}

func (s sight) evidence() plan.Evidence { return plan.Evidence{Status: s.status, Sums: s.sums} }

// look asks the gateway where a transaction stands, once. The sums of a split
// capture are in the transaction's currency, which the gateway does not name.
func (m Merchant) look(ctx context.Context, id dibs.TransactID, c money.Currency) (s sight, err error) {
	defer func() {
		// Reading moves nothing: a panic of the client is a failed read.
		if p := recover(); p != nil {
			s, err = sight{}, fmt.Errorf("panic: %v", p)
		}
	}()
	if !m.Login {
		s.status, err = m.Reader.TransStatus(ctx, id)
		return s, err
	}
	pay, err := m.Reader.PayInfo(ctx, id)
	if err == nil && pay.Transact != "" && pay.Transact != id {
		err = fmt.Errorf("payinfo answered for transaction %s, not %s", pay.Transact, id)
	}
	if err != nil {
		return sight{}, err
	}
	s = sight{status: pay.Status, pay: &pay}
	if plan.Split(s.status) {
		info, err := m.Reader.SplitPayInfo(ctx, id, c)
		if err != nil {
			return sight{}, err
		}
		sums, err := plan.ReadSums(info)
		if err != nil {
			return sight{}, err
		}
		s.sums = &sums
	}
	return s, nil
}

// moved says why the transaction is no longer where the plan saw it, or "".
func (j job) moved(seen sight, state *statefile.State) string {
	if seen.status != j.Status {
		return fmt.Sprintf("the plan saw it as %s, now it is %s", j.Status, seen.status)
	}
	if seen.pay != nil {
		if why := j.mistaken(*seen.pay); why != "" {
			return why
		}
	}
	if plan.Split(j.Status) {
		if why := j.outOfSum(seen.sums); why != "" {
			return why
		}
	}
	known, _ := state.Transaction(j.step.Key)
	return j.passed(known)
}

// mistaken says how payinfo contradicts the plan's picture of the transaction,
// or "". The amount is the authorised one before a capture; afterwards it may
// be what was captured (flexwin.md 6.1), which lies between the refund's total
// and what was authorised.
func (j job) mistaken(pay dibs.PayInfo) string {
	switch {
	case pay.OrderID != "" && pay.OrderID != j.OrderID:
		return fmt.Sprintf("the gateway has it for order %q, not %q", pay.OrderID, j.OrderID)
	case !pay.Amount.Valid():
		return ""
	case pay.Amount.Currency() != j.amount.Currency():
		return fmt.Sprintf("the gateway has it in %s, not %s", pay.Amount.Currency(), j.amount.Currency())
	case plan.Split(j.Status): // its sums tell
		return ""
	case j.Verb != statefile.Refund && pay.Amount.Minor() != j.AmountMinor,
		j.Verb == statefile.Refund && (pay.Amount.Minor() < j.ToMinor || pay.Amount.Minor() > j.AmountMinor):
		return fmt.Sprintf("the gateway has it with %s, which does not fit what the plan saw", pay.Amount)
	}
	return ""
}

// passed says why the ledger no longer stands where the step begins, or "". A
// total of which the ledger says nothing stands at zero. The ledger itself
// refuses an intent that does not follow what it holds; this says so before
// anything is written.
func (j job) passed(t statefile.Transaction) string {
	total := t.Captured
	switch j.Verb {
	case statefile.Refund:
		total = t.Refunded
	case statefile.Reauthorise:
		total = j.step.From // it raises none
	}
	if plan.Split(j.Status) && !total.Valid() {
		total = j.step.From // the gateway's sum, which was held against it
	}
	if total.Minor() != j.FromMinor || total.Valid() && total.Currency() != j.amount.Currency() {
		return fmt.Sprintf("the plan raises the total from %s, and the ledger has it at %s", j.step.From, total)
	}
	for _, a := range t.Actions {
		if a.State.Undecided() {
			return fmt.Sprintf("the outcome of %s is not known", a.ID)
		}
	}
	return ""
}

package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// desired checks that the configuration asks for every action, twice over: by
// itself, and as what the planner makes of the configuration, the ledger and
// the status that the plan names. A crafted file with right hashes gains
// nothing by it (hazards R31).
func desired(p *plan.Plan, f Facts) *RefusedError {
	declared := make(map[string]schema.Transaction, len(f.Config.Transactions))
	for _, t := range f.Config.Transactions {
		declared[t.Address] = t
	}
	ofTickets := wishes(f.Config)
	for _, a := range p.Body.Actions {
		if w, ok := ofTickets[a.Address]; ok {
			if refused := askedOfTicket(w, a); refused != nil {
				return refused
			}
			continue
		}
		t, ok := declared[a.Address]
		if !ok {
			return refuseAction(NotDesired, a, "The configuration has no such transaction. Plan again.")
		}
		if refused := asked(t, a); refused != nil {
			return refused
		}
	}
	return derived(p, f, declared, ofTickets)
}

// asked compares an action with the declaration of its transaction.
func asked(t schema.Transaction, a plan.Action) *RefusedError {
	step, err := a.Step()
	if err != nil {
		return refuseAction(NotDesired, a, "The action is not valid: %v.", err)
	}
	switch {
	case a.Merchant != t.Merchant, t.Transact != "" && a.Transact != t.Transact, a.OrderID != t.OrderID,
		step.To.Currency() != t.Amount.Currency(), a.AmountMinor != t.Amount.Minor():
		return refuseAction(NotDesired, a,
			"The plan means transaction %s, order %q of merchant %s; the configuration means another one. Plan again.", a.Transact, a.OrderID, a.Merchant)
	case !asksFor(t, a.Verb):
		return refuseAction(NotDesired, a, "The configuration does not ask for a %s. Plan again.", a.Verb)
	}
	if limit, exact := total(t, a.Verb); exact && step.To != limit || step.To.Minor() > limit.Minor() {
		return refuseAction(NotDesired, a, "The plan would %s up to %s, the configuration says %s. Plan again.", a.Verb, step.To, limit)
	}
	return nil
}

func asksFor(t schema.Transaction, verb statefile.Verb) bool {
	switch verb {
	case statefile.Capture:
		return t.Captured.Declared && !t.Cancelled
	case statefile.Refund:
		return t.Refunded.Declared && !t.Cancelled
	case statefile.Cancel:
		return t.Cancelled
	case statefile.Reauthorise:
		return t.Reauthorise && t.Captured.Declared && !t.Cancelled
	}
	return false
}

// total is what the configuration wants a verb to reach. It is not exact for a
// refund of everything when the configuration does not say what was captured.
func total(t schema.Transaction, verb statefile.Verb) (limit money.Amount, exact bool) {
	captured := t.Amount
	if t.Captured.Declared && !t.Captured.Full {
		captured = t.Captured.Amount
	}
	switch {
	case verb == statefile.Cancel, verb == statefile.Reauthorise:
		return t.Amount, true
	case verb == statefile.Capture:
		return captured, true
	case t.Refunded.Full:
		return captured, t.Captured.Declared
	}
	return t.Refunded.Amount, true
}

// derived plans anew, with the statuses that the plan names in the place of
// the gateway's answers, and compares.
func derived(p *plan.Plan, f Facts, declared map[string]schema.Transaction, ofTickets map[string]wish) *RefusedError {
	config := *f.Config
	config.Transactions = nil
	var sights []plan.TicketObservation
	config.Tickets, sights = ticketsOf(p, ofTickets)
	var seen []plan.Observation
	positions := map[string]plan.Position{}
	for _, at := range p.Envelope.Positions {
		positions[at.Address] = at
	}
	planned := map[string][]plan.Action{} // a reauthorise and its capture are of one address
	for _, a := range p.Body.Actions {
		if planned[a.Address] == nil && !a.Verb.OfTicket() {
			config.Transactions = append(config.Transactions, declared[a.Address])
			seen = append(seen, observation(a, positions[a.Address]))
		}
		planned[a.Address] = append(planned[a.Address], a)
	}
	draft, problems := plan.Build(plan.BuildInput{Config: &config, State: f.State, Observations: seen, Tickets: sights})
	found := map[string][]plan.Action{}
	for _, a := range draft.Body.Actions {
		found[a.Address] = append(found[a.Address], a)
	}
	why := map[string]string{}
	for _, b := range draft.Body.Blocked {
		why[b.Address] = b.Detail
	}
	for _, problem := range problems {
		why[problem.Address] = problem.Detail
	}
	for _, a := range p.Body.Actions {
		again := found[a.Address]
		switch {
		case again == nil && why[a.Address] != "":
			return refuseAction(NotDesired, a, "Planned anew, nothing would be done to it: %s", why[a.Address])
		case again == nil:
			return refuseAction(NotDesired, a, "Planned anew, nothing would be done to it. Plan again.")
		case !slices.Equal(again, planned[a.Address]):
			return refuseAction(NotDesired, a, "The plan says: %s. Planned anew, it would be: %s. Plan again.", inWords(planned[a.Address]), inWords(again))
		}
	}
	return nil
}

// inWords says what the actions on a transaction would do, for people.
func inWords(actions []plan.Action) string {
	words := make([]string, len(actions))
	for i, a := range actions {
		words[i] = oneInWords(a)
	}
	return strings.Join(words, "; then ")
}

func oneInWords(a plan.Action) string {
	step, err := a.Step()
	if err != nil {
		return err.Error()
	}
	words := fmt.Sprintf("%s from %s to %s at status %s, attempt %d, %s", a.Verb, step.From, step.To, a.Status, a.Attempt, a.Class)
	if a.Verb == statefile.Delete {
		words = fmt.Sprintf("%s at status %s, attempt %d, %s", a.Verb, a.Status, a.Attempt, a.Class)
	}
	for _, more := range []string{a.Reason, a.Earlier} {
		if more != "" {
			words += fmt.Sprintf(", %q", more)
		}
	}
	return words
}

// observation is what the planner must have seen of an action's transaction.
// Of payinfo only a captured total below the authorised one matters.
func observation(a plan.Action, at plan.Position) plan.Observation {
	o := plan.Observation{Looked: true, Transact: dibs.TransactID(a.Transact), Status: a.Status}
	c, err := money.ParseCurrency(a.Currency)
	if err != nil {
		return o
	}
	if plan.Split(a.Status) {
		o.Sums = sums(a, at, c)
		return o
	}
	if at.Captured.Source != plan.FromGateway || at.Captured.Minor == 0 {
		return o
	}
	if captured, err := money.New(at.Captured.Minor, c); err == nil {
		o.Pay = &dibs.PayInfo{Transact: o.Transact, Status: a.Status, Amount: captured}
	}
	return o
}

// sums are those that a split capture's base must have had; nil when the plan
// says something that no base can have. Apply holds the gateway's own against
// them before anything is sent.
func sums(a plan.Action, at plan.Position, c money.Currency) *plan.Sums {
	authorised, err1 := money.New(a.AmountMinor, c)
	captured, err2 := money.New(at.Captured.Minor, c)
	refunded, err3 := money.New(at.Refunded.Minor, c)
	if errors.Join(err1, err2, err3) != nil || at.Captured.Source != plan.FromGateway || refunded.Minor() > captured.Minor() {
		return nil
	}
	return &plan.Sums{Authorised: authorised, Captured: captured, Refunded: refunded, Open: true, Settled: true}
}

package apply

import (
	"errors"
	"fmt"
	"time"

	"flexform/money"
	"flexform/plan"
	"flexform/statefile"
)

// A job is one action of the plan, checked and ready to be carried out.
type job struct {
	plan.Action
	index  int // in the plan
	step   statefile.Step
	amount money.Amount // what the call moves or releases; none of a delete
	id     string
	window string    // the merchant's settle window, as the intent has it
	ended  time.Time // when its call was over, whatever it brought; zero before
}

// jobs checks the plan's actions and that this Runner can carry them out. A
// plan that was decoded and approved passes; the checks stand here again
// because behind them is money.
func (r *Runner) jobs(p *plan.Plan) ([]job, error) {
	jobs := make([]job, 0, len(p.Body.Actions))
	claimed := make(map[string]bool, len(p.Body.Actions))
	for i, a := range p.Body.Actions {
		j, err := newJob(i, a)
		if err == nil && claimed[j.id] {
			err = errors.New("the plan holds it twice")
		}
		switch m, ok := r.Merchants[a.Merchant]; {
		case err != nil:
		case !ok:
			err = errNoMerchant
		case a.Verb.OfTicket() && m.Tickets == nil:
			err = errNoTickets
		}
		if err != nil {
			return nil, fmt.Errorf("%s %s of %s/%s: %w", a.Address, a.Verb, a.Merchant, a.Transact, err)
		}
		j.window = r.windowText(a.Merchant, p.Body.Mode)
		claimed[j.id] = true
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// errNoMerchant: the wiring, and the plan or the ledger, do not fit each other.
var errNoMerchant = errors.New("no such merchant is configured")

func newJob(index int, a plan.Action) (job, error) {
	if a.Verb.OfTicket() {
		return ticketJob(index, a)
	}
	step, err := a.Step()
	if err != nil {
		return job{}, err
	}
	amount, err := step.Amount()
	switch {
	case err != nil:
		return job{}, err
	case amount.Zero():
		return job{}, errors.New("it moves nothing")
	case !a.Verb.Valid():
		return job{}, fmt.Errorf("unknown action %q", a.Verb)
	case a.Attempt < 1:
		return job{}, fmt.Errorf("attempt %d", a.Attempt)
	}
	return job{Action: a, index: index, step: step, amount: amount, id: statefile.ActionID(step, a.Attempt)}, nil
}

// lanes sorts jobs by merchant, then by transaction, both in the plan's order.
// A lane is never walked by two workers.
func lanes(jobs []job) map[string][][]job {
	byMerchant := map[string][][]job{}
	place := make(map[statefile.Key]int, len(jobs))
	for _, j := range jobs {
		lanes := byMerchant[j.Merchant]
		i, ok := place[j.step.Key]
		if !ok {
			i, place[j.step.Key] = len(lanes), len(lanes)
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], j)
		byMerchant[j.Merchant] = lanes
	}
	return byMerchant
}

// intent returns what the ledger keeps of the job before it is sent.
func (j job) intent(digest string, status int) statefile.Intent {
	return statefile.Intent{
		Action: j.id, Plan: digest, Address: j.Address, Merchant: j.Merchant, Transact: j.Transact, OrderID: j.OrderID,
		Verb: j.Verb, Currency: j.Currency, AmountMinor: j.AmountMinor, FromMinor: j.FromMinor, ToMinor: j.ToMinor,
		Attempt: j.Attempt, Class: string(j.Class), Status: status, Reason: j.Reason, Capture: j.Capture,
		SettleWindow: j.window,
	}
}

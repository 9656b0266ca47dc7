package apply

import (
	"cmp"
	"context"
	"slices"
	"time"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// A Line tells which acquirers a gateway reaches, and what is known of a
// payment's way; [*dibs.Client] is one. It moves nothing.
type Line interface {
	AcquirerStatus(ctx context.Context, acquirer string) (dibs.AcquirerStatus, error)
	Callback(context.Context, dibs.TransactID) (dibs.Callback, error)
	CardType(context.Context, dibs.TransactID) (string, error)
}

// An Outage is an acquirer that a gateway does not reach now, with the actions
// of a plan that go there; or actions that may, as it is not known where they
// go.
type Outage struct {
	Acquirer    string     // empty: not known
	PayType     string     // of actions without a known acquirer; empty: not known either
	LastContact time.Time  // with the acquirer, by the gateway's clock; zero: not told
	Sums        []plan.Sum // of the actions, by currency, then action
}

// maxPlaced bounds of how many transactions a preflight finds out where they
// go.
const maxPlaced = 50

// Preflight asks each gateway of a plan, once, whether it reaches all acquirers
// (flexwin.md 6.11). Only when it does not, it finds out which actions of the
// plan are concerned. What it returns is a warning and nothing more: DIBS itself
// calls the sign not fully reliable, and one that cannot be read is none.
func (r *Runner) Preflight(ctx context.Context, p *plan.Plan) (outages []Outage) {
	defer func() {
		if recover() != nil { // whatever broke, it keeps no money from moving
			outages = nil
		}
	}()
	sites := map[string][]plan.Action{}
	var order []string
	for _, a := range p.Body.Actions {
		m := r.Merchants[a.Merchant]
		if m.Line == nil || a.Verb == statefile.Delete { // which stays at the gateway
			continue
		}
		if sites[m.Site] == nil {
			order = append(order, m.Site)
		}
		sites[m.Site] = append(sites[m.Site], a)
	}
	for _, site := range order {
		line := r.Merchants[sites[site][0].Merchant].Line
		all, err := line.AcquirerStatus(ctx, dibs.AllAcquirers)
		if err != nil || all.Up {
			continue
		}
		s := survey{ctx: ctx, merchants: r.Merchants, line: line, places: map[statefile.Key]place{}, reached: map[string]dibs.AcquirerStatus{}}
		outages = append(outages, s.concerned(sites[site])...)
	}
	return outages
}

// A survey finds out where the actions at one gateway go.
type survey struct {
	ctx       context.Context
	merchants map[string]Merchant
	line      Line
	places    map[statefile.Key]place
	reached   map[string]dibs.AcquirerStatus // of acquirers that were asked about and answered for
}

// A place is where a transaction's money is, as far as it is known.
type place struct{ acquirer, payType string }

// concerned groups the actions that go to an acquirer that is down, or that
// may.
func (s *survey) concerned(actions []plan.Action) []Outage {
	groups := map[place][]ActionResult{}
	for _, a := range actions {
		at := s.place(a)
		if at.acquirer != "" {
			status, known := s.ask(at.acquirer)
			switch {
			case !known:
				at.acquirer = ""
			case status.Up:
				continue
			default:
				at.payType = ""
			}
		}
		groups[at] = append(groups[at], ActionResult{Action: a})
	}
	var outages []Outage
	for at, concerned := range groups {
		outages = append(outages, Outage{at.acquirer, at.payType, s.reached[at.acquirer].LastContact, Sums(concerned)})
	}
	slices.SortFunc(outages, func(a, b Outage) int {
		known := func(name string) int { return min(len(name), 1) }
		return cmp.Or(known(b.Acquirer)-known(a.Acquirer), cmp.Compare(a.Acquirer, b.Acquirer), known(b.PayType)-known(a.PayType), cmp.Compare(a.PayType, b.PayType))
	})
	return outages
}

// place looks a transaction up, unless enough were.
func (s *survey) place(a plan.Action) place {
	key := a.Key()
	at, seen := s.places[key]
	if seen || len(s.places) == maxPlaced || s.ctx.Err() != nil {
		return at
	}
	m, id := s.merchants[a.Merchant], dibs.TransactID(a.Transact)
	if m.Login {
		if told, err := m.Line.Callback(s.ctx, id); err == nil {
			at = place{told.Acquirer, told.PayType}
		}
	}
	if at == (place{}) {
		if payType, err := m.Line.CardType(s.ctx, id); err == nil {
			at.payType = payType
		}
	}
	s.places[key] = at
	return at
}

// ask asks about one acquirer, once. It is not known when the gateway does not
// say.
func (s *survey) ask(acquirer string) (status dibs.AcquirerStatus, known bool) {
	if status, known = s.reached[acquirer]; known {
		return status, true
	}
	status, err := s.line.AcquirerStatus(s.ctx, acquirer)
	if err != nil {
		return status, false
	}
	s.reached[acquirer] = status
	return status, true
}

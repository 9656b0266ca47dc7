package cli

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"flexform/dibs/sandbox"
	"flexform/plan"
	"flexform/statefile"
)

// A mishap is something that goes wrong with one action of a rehearsal.
type mishap struct {
	text  string // what happens, behind the name of the action
	fault sandbox.Fault
	only  []statefile.Verb // kinds of actions that it can happen to; nil for all that move money
}

func mishaps() []mishap {
	moved := []statefile.Verb{statefile.Capture, statefile.Refund}
	return []mishap{
		{"it is carried out, and the answer is lost", sandbox.Fault{Do: sandbox.FaultDrop, Commit: sandbox.CommitFirst}, nil},
		{"the request is lost on its way, and nobody says so", sandbox.Fault{Do: sandbox.FaultDrop, Commit: sandbox.CommitNever}, nil},
		{"the gateway answers with an error, and carries it out a moment later", sandbox.Fault{Do: sandbox.FaultHTTP, Number: 504, Commit: sandbox.CommitHeld}, nil},
		{"the gateway declines it", sandbox.Fault{Do: sandbox.FaultAnswer, Number: 4}, nil},
		{"somebody changed the transaction in the back-office since the plan was made", sandbox.Fault{}, moved},
		{"it is accepted, and the acquirer refuses it afterwards", sandbox.Fault{Do: sandbox.FaultDeclined}, moved},
	}
}

// services are the services that carry actions out (flexwin.md 5). Approving an
// authorisation again and deleting a ticket move no money, so nothing is drawn
// for them.
func services() map[statefile.Verb]string {
	return map[statefile.Verb]string{
		statefile.Capture: "capture.cgi", statefile.Refund: "refund.cgi", statefile.Cancel: "cancel.cgi", statefile.Charge: "ticket_auth.cgi",
	}
}

// A staged mishap is drawn for an action of a plan.
type stagedMishap struct {
	Title  string
	Action plan.Action
	Fault  sandbox.Fault
}

// drawMishaps draws n mishaps, the same for the same plan and seed. Every kind
// comes up before one comes up again, unless the plan has no action for it.
func drawMishaps(p *plan.Plan, seed uint64, n int) []stagedMishap {
	r := rand.New(rand.NewPCG(seed, uint64(len(p.Body.Actions))))
	kinds := mishaps()
	var drawn []stagedMishap
	for i := 0; len(drawn) < n && i < 2*n+2*len(kinds); i++ {
		m := kinds[i%len(kinds)]
		var fit []plan.Action
		for i, a := range p.Body.Actions {
			if m.fits(a) && !(m.fault.Do == "" && i > 0 && p.Body.Actions[i-1].Address == a.Address) {
				fit = append(fit, a) // what changes a transaction comes before its first action
			}
		}
		if len(fit) == 0 {
			continue
		}
		a := fit[r.IntN(len(fit))]
		drawn = append(drawn, stagedMishap{Title: fmt.Sprintf("%s of %s: %s", a.Verb, a.Address, m.text), Action: a, Fault: m.of(a)})
	}
	return drawn
}

func (m mishap) fits(a plan.Action) bool {
	if _, moves := services()[a.Verb]; !moves {
		return false
	}
	if _, err := sandbox.ParseFault(m.of(a).String()); a.Verb == statefile.Charge && err != nil {
		return false // an order id that a fault cannot name, such as one with a blank
	}
	// What is captured in parts moves in transactions of its own.
	return m.only == nil || slices.Contains(m.only, a.Verb) && !plan.Split(a.Status)
}

// of is the fault that hits one action, once.
func (m mishap) of(a plan.Action) sandbox.Fault {
	f := m.fault
	f.Service, f.Transact, f.Times = services()[a.Verb], a.Transact, 1
	switch {
	case a.Verb == statefile.Charge:
		f.Transact, f.OrderID = "", a.OrderID
	case f.Do == "": // the status is read before the call
		f.Service, f.Do = "payinfo.cgi", sandbox.FaultDelay
		f.Before = sandbox.Deed{Kind: sandbox.MoveRefund}
		if a.Verb == statefile.Capture {
			f.Before.Kind = sandbox.MoveCancel
		}
	}
	return f
}

package statefile

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const ticketGolden = "testdata/tickets.ledger"

// charge is a charge of 99.00 DKK.
func charge(ticket, order string, attempt int, change ...func(*Intent)) Intent {
	of := func(v *Intent) {
		v.Address, v.OrderID, v.AmountMinor = `ticket.gold_4711.charge["2026-11"]`, order, v.ToMinor
		v.Class, v.Status = "self-limiting", 13
	}
	return intent(ticket, Charge, 0, 9900, attempt, append([]func(*Intent){of}, change...)...)
}

func deletion(ticket string, attempt int, change ...func(*Intent)) Intent {
	of := func(v *Intent) {
		v.Address, v.OrderID, v.Currency, v.AmountMinor = "ticket.old_card", "", "", 0
		v.Class, v.Status = "self-limiting", 13
	}
	return intent(ticket, Delete, 0, 0, attempt, append([]func(*Intent){of}, change...)...)
}

// ticketStory is the life of a ledger with everything that only tickets have.
func ticketStory() []Payload {
	november := charge("270000543", "G-4711-2026-11", 1, func(v *Intent) { v.Capture, v.Reason = true, "membership November" })
	december := charge("270000543", "G-4711/2026-12", 1)
	again := charge("270000543", "G-4711/2026-12", 2)
	gone := deletion("270000544", 1, func(v *Intent) { v.Reason = "customer left" })
	lost := charge("270000545", "G-4712-2026-11", 1)
	code, status := 0, 2
	return []Payload{
		begin(planA, 5),
		november, Outcome{Action: november.Action, Result: Accepted, Code: &code, Reply: "status=ACCEPTED&transact=270000601", Payment: "270000601"},
		Observed{Merchant: "12345678", Transact: "270000543", Status: 5, Action: november.Action, Verdict: VerdictSettled, Payment: "270000601"},
		december, Outcome{Action: december.Action, Result: Declined, Code: &code, Message: "rejected by the acquirer (0)"},
		again, Outcome{Action: again.Action, Result: Unknown, Message: "no answer within 60 seconds"},
		Observed{Merchant: "12345678", Transact: "270000543", Status: 2, Action: again.Action, Verdict: VerdictDone, Payment: "270000602"},
		gone, outcome(gone, Accepted), observed(gone, 14, VerdictSettled),
		lost, outcome(lost, Unknown),
		End{Plan: planA, Accepted: 3, Declined: 1, Unknown: 1},
		Resolved{Action: lost.Action, Done: true, Status: &status, Payment: "270000603", Evidence: "seen in the console", Actor: anna},
		Adopted{
			Address: `ticket.gold_4711.charge["2026-10"]`, Merchant: "12345678", Transact: "270000543", OrderID: "G-4711-2026-10", Currency: "DKK",
			AmountMinor: 9900, Payment: "270000599", Status: 13, Evidence: "charged by the old system", Actor: anna,
		},
		Adopted{Address: "ticket.other", Merchant: "12345678", Transact: "270000546", Deleted: true, Status: 14, Evidence: "deleted in the console", Actor: anna},
	}
}

// R36: as [TestGolden], for what only tickets have.
func TestTicketGolden(t *testing.T) {
	got := written(t, ticketStory()...)
	if *update {
		if err := os.WriteFile(ticketGolden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(ticketGolden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", ticketGolden, diff)
	}
	s, err := Read(ticketGolden)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for tr := range s.Transactions() {
		text := fmt.Sprintf("deleted %t", tr.Deleted)
		for _, a := range tr.Actions {
			text += "; " + strings.TrimPrefix(a.ID, tr.Key.String()+"/") + " " + a.State.String()
			if a.Payment != "" {
				text += fmt.Sprintf(" as %s in status %d", a.Payment, *a.PaymentStatus)
			}
		}
		for _, p := range tr.Payments {
			text += fmt.Sprintf("; adopted %s of %s as %s", p.OrderID, p.Amount, p.Transact)
		}
		if tr.Amount.Valid() || tr.Captured.Valid() || tr.OrderID != "" {
			text += "; has totals"
		}
		said[tr.Transact] = text
	}
	if diff := cmp.Diff(map[string]string{
		"270000543": "deleted false; charge/G-4711-2026-11/0-9900/DKK#1 done as 270000601 in status 5; charge/G-4711/2026-12/0-9900/DKK#1 declined; " +
			"charge/G-4711/2026-12/0-9900/DKK#2 accepted as 270000602 in status 2; adopted G-4711-2026-10 of 99.00 DKK as 270000599",
		"270000544": "deleted true; delete#1 done",
		"270000545": "deleted false; charge/G-4712-2026-11/0-9900/DKK#1 done as 270000603 in status 2",
		"270000546": "deleted true",
	}, said); diff != "" {
		t.Errorf("tickets mismatch (-want +got):\n%s", diff)
	}
	if a, ok := s.Action("12345678/270000543/charge/G-4711-2026-11/0-9900/DKK#1"); !ok || !a.Capture || a.OrderID != "G-4711-2026-11" {
		t.Errorf("the first charge is %+v", a)
	}
}

func TestImpossibleTicketEntries(t *testing.T) {
	pay := charge("270000543", "G-1", 1)
	gone := deletion("270000543", 1)
	refund := intent("270000543", Refund, 0, 5000, 1)
	with := func(v Intent, change func(*Intent)) Intent { change(&v); return v }
	adopted := Adopted{
		Merchant: "12345678", Transact: "270000543", OrderID: "G-1", Currency: "DKK", AmountMinor: 9900, Payment: "270000599", Status: 13, Evidence: "seen", Actor: anna,
	}
	adopt := func(change func(*Adopted)) Adopted { v := adopted; change(&v); return v }
	said := func(change func(*Adopted)) Adopted {
		v := Adopted{Merchant: "12345678", Transact: "270000543", Deleted: true, Status: 14, Evidence: "seen", Actor: anna}
		change(&v)
		return v
	}
	then := func(p ...Payload) []Payload { return append([]Payload{begin(planA, 9)}, p...) }
	for name, tt := range map[string]struct {
		before []Payload
		refuse Payload
		why    string
	}{
		"a charge without an order":            {then(), charge("270000543", "", 1), "needs an order id"},
		"a charge of a part":                   {then(), charge("270000543", "G-1", 1, func(v *Intent) { v.AmountMinor = 20000 }), "its whole amount"},
		"a charge of nothing":                  {then(), intent("270000543", Charge, 0, 0, 1, func(v *Intent) { v.AmountMinor, v.Class = 0, "self-limiting" }), "its whole amount"},
		"a charge on top":                      {then(), charge("270000543", "G-1", 1, func(v *Intent) { v.FromMinor = 100 }), "its whole amount"},
		"a counted charge":                     {then(), charge("270000543", "G-1", 1, func(v *Intent) { v.Class = "counted" }), "not counted"},
		"a charge under another order":         {then(), with(pay, func(v *Intent) { v.OrderID = "G-2" }), "it claims"},
		"a refund that captures":               {then(), intent("11111111", Refund, 0, 5000, 1, func(v *Intent) { v.Capture = true }), "only a charge says"},
		"a delete with an amount":              {then(), with(gone, func(v *Intent) { v.AmountMinor = 1 }), "neither amount nor currency"},
		"a delete with a currency":             {then(), with(gone, func(v *Intent) { v.Currency = "DKK" }), "neither amount nor currency"},
		"a delete of an order":                 {then(), with(gone, func(v *Intent) { v.OrderID = "G-1" }), "of no order"},
		"a charge of the deleted":              {then(gone, outcome(gone, Accepted)), pay, "is deleted"},
		"a delete of the deleted":              {then(gone, outcome(gone, Accepted)), deletion("270000543", 2), "is accepted"},
		"a charge while one is unknown":        {then(pay, outcome(pay, Unknown)), charge("270000543", "G-2", 1), "blocks its transaction"},
		"a charge of what is charged":          {then(pay, outcome(pay, Accepted)), charge("270000543", "G-1", 1, func(v *Intent) { v.ToMinor, v.AmountMinor = 5000, 5000 }), "was charged to ticket"},
		"a charge of what was adopted":         {then(adopted), pay, "was charged to ticket"},
		"a refund of a ticket":                 {then(pay, outcome(pay, Accepted)), refund, "is a ticket"},
		"a charge of a payment":                {then(refund, outcome(refund, Declined)), pay, "is a payment"},
		"a payment of a refund":                {then(refund), Outcome{Action: refund.Action, Result: Accepted, Payment: "1"}, "only a charge"},
		"a payment of the declined":            {then(pay), Outcome{Action: pay.Action, Result: Declined, Payment: "1"}, "names no payment"},
		"a payment with a separator":           {then(pay), Outcome{Action: pay.Action, Result: Accepted, Payment: "1/1"}, "letters and digits"},
		"a payment seen of no action":          {then(), Observed{Merchant: "12345678", Transact: "270000543", Payment: "1"}, "only a charge"},
		"a payment of what was not done":       {then(pay), Resolved{Action: pay.Action, Payment: "1", Evidence: "x"}, "made no payment"},
		"an adoption of what is charged":       {then(pay, outcome(pay, Accepted)), adopted, "was charged to ticket"},
		"an adoption over the unknown":         {then(pay, outcome(pay, Unknown)), adopted, "resolve it first"},
		"an adopted charge without order":      {then(), adopt(func(v *Adopted) { v.OrderID = "" }), "an order id and an amount"},
		"an adopted charge of nothing":         {then(), adopt(func(v *Adopted) { v.AmountMinor = 0 }), "an order id and an amount"},
		"an adopted charge with totals":        {then(), adopt(func(v *Adopted) { v.CapturedMinor = 1 }), "no totals"},
		"an adopted charge and deletion":       {then(), adopt(func(v *Adopted) { v.Deleted = true }), "one of them"},
		"an adopted charge without evidence":   {then(), adopt(func(v *Adopted) { v.Evidence = "" }), "needs its evidence"},
		"an adopted charge of a payment":       {then(refund, outcome(refund, Declined)), adopted, "is a payment"},
		"an adopted charge without payment":    {then(), adopt(func(v *Adopted) { v.Payment, v.Currency = "", "" }), "stated with its payment"},
		"an adopted deletion without evidence": {then(), said(func(v *Adopted) { v.Evidence = "" }), "needs its evidence"},
		"an adopted deletion of a payment":     {then(), Adopted{Merchant: "12345678", Transact: "1", Currency: "DKK", Deleted: true, Evidence: "x"}, "only a ticket"},
		"totals adopted of a ticket":           {then(gone, outcome(gone, Declined)), Adopted{Merchant: "12345678", Transact: "270000543", Currency: "DKK", AmountMinor: 5, Evidence: "x"}, "is a ticket"},
	} {
		if _, err := Fold(tt.before...); err != nil {
			t.Errorf("%s: before it: %v", name, err)
			continue
		}
		_, err := Fold(append(tt.before[:len(tt.before):len(tt.before)], tt.refuse)...)
		_, impossible := errors.AsType[*ImpossibleError](err)
		if !impossible || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: %v, want an *ImpossibleError with %q", name, err, tt.why)
		}
	}
}

// What a person states ends what it contradicts, and the block of a call by
// hand.
func TestAdoptedTickets(t *testing.T) {
	gone := deletion("270000543", 1)
	state := Adopted{Merchant: "12345678", Transact: "270000543", Status: 13, Evidence: "the console still has it", Actor: anna}
	called := Called{Service: "delticket.cgi", Merchant: "12345678", Mode: "sandbox", Transact: "270000543", Parameters: "ticket=270000543", Actor: anna}
	s, err := Fold(begin(planA, 2), gone, outcome(gone, Accepted), called, state, deletion("270000543", 2))
	if err != nil {
		t.Fatal(err)
	}
	tr, _ := s.Transaction(Key{"12345678", "270000543"})
	if tr.Deleted || len(tr.Calls) > 0 || tr.Actions[0].State != ActionReversed || tr.Actions[0].Message != state.Evidence || tr.Actions[1].State != ActionOpen {
		t.Errorf("ticket %+v, want the first delete reversed and the second open", tr)
	}
}

// An order is never charged twice, whatever is written about two tickets, and
// the ledger takes exactly what a list of all that was said allows.
func TestChargesAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type said struct {
			intent Intent
			state  ActionState
		}
		var actions []said // of the two tickets, in order
		adopted := map[string]bool{}
		deleted := map[string]bool{}
		payloads := []Payload{begin(planA, 1000)}
		happened := func(s ActionState) bool { return s == ActionAccepted || s == ActionDone }
		for range rapid.IntRange(0, 25).Draw(t, "length") {
			order := rapid.SampledFrom([]string{"A", "A/0-9900", "B"}).Draw(t, "order")
			ticket := rapid.SampledFrom([]string{"270000543", "270000544"}).Draw(t, "ticket")
			v := charge(ticket, order, rapid.IntRange(1, 2).Draw(t, "attempt"))
			if rapid.IntRange(0, 4).Draw(t, "delete") == 0 {
				v = deletion(ticket, v.Attempt)
			}
			var mine *said
			open, elsewhere, tried, before := false, false, false, ActionState(0)
			charged := adopted[order]
			for i := range actions {
				a := &actions[i]
				open = open || a.state.Undecided() && a.intent.Transact == ticket
				elsewhere = elsewhere || a.state.Undecided() && a.intent.OrderID == order
				charged = charged || a.intent.Verb == Charge && a.intent.OrderID == order && happened(a.state)
				if a.intent.Action == v.Action {
					mine, tried = a, true
				}
				if a.intent.Transact == ticket && a.intent.Verb == v.Verb && a.intent.OrderID == v.OrderID && a.intent.Attempt == v.Attempt-1 {
					before = a.state
				}
			}
			now := ActionState(0)
			if mine != nil {
				now = mine.state
			}
			var p Payload
			var allowed bool
			var then func()
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0:
				p = v
				allowed = !tried && !open && !deleted[ticket] && (v.Attempt == 1 || before.Failed()) && (v.Verb == Delete || !charged && !elsewhere)
				then = func() { actions = append(actions, said{v, ActionOpen}) }
			case 1:
				result := rapid.SampledFrom([]Result{Accepted, Declined, NotSent, Unknown}).Draw(t, "result")
				p, allowed = outcome(v, result), now == ActionOpen
				then = func() {
					mine.state = results[result]
					deleted[ticket] = deleted[ticket] || v.Verb == Delete && result == Accepted
				}
			case 2:
				verdict := rapid.SampledFrom([]Verdict{VerdictDone, VerdictNotDone, VerdictSettled, VerdictReversed}).Draw(t, "verdict")
				p = observed(v, 13, verdict)
				allowed = now != 0 && (verdicts[verdict].undecided && now.Undecided() || !verdicts[verdict].undecided && now == ActionAccepted)
				then = func() {
					mine.state = verdicts[verdict].to
					if v.Verb == Delete {
						deleted[ticket] = happened(mine.state)
					}
				}
			case 3:
				done := rapid.Bool().Draw(t, "done")
				p, allowed = Resolved{Action: v.Action, Done: done, Evidence: "x"}, now != 0 && now.Undecided()
				then = func() {
					if mine.state = ActionNotDone; done {
						mine.state = ActionDone
					}
					deleted[ticket] = deleted[ticket] || v.Verb == Delete && done
				}
			default:
				p = Adopted{Merchant: "12345678", Transact: ticket, OrderID: order, Currency: "DKK", AmountMinor: 9900, Payment: "1", Evidence: "x"}
				allowed, then = !open && !charged && !elsewhere, func() { adopted[order] = true }
			}
			s, err := Fold(append(payloads[:len(payloads):len(payloads)], p)...)
			if allowed != (err == nil) {
				t.Fatalf("after %+v: %+v: oracle says %v, ledger %v", actions, p, allowed, err)
			}
			if err != nil {
				continue
			}
			payloads = append(payloads, p)
			then()
			times := map[string]int{}
			for tr := range s.Transactions() {
				for _, a := range tr.Actions {
					if a.Verb == Charge && (happened(a.State) || a.State.Undecided()) {
						times[a.OrderID]++
					}
				}
				for _, p := range tr.Payments {
					times[p.OrderID]++
				}
				if tr.Deleted != deleted[tr.Transact] {
					t.Fatalf("deleted %t, want %t: %+v", tr.Deleted, deleted[tr.Transact], tr)
				}
			}
			for order, n := range times {
				if n > 1 {
					t.Fatalf("order %s may have been charged %d times", order, n)
				}
			}
		}
	})
}

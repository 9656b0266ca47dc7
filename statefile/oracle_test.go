package statefile

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"flexform/internal/durable/disktest"
	"flexform/money"
)

// dump writes down all that a state says.
func dump(s *State) string {
	type row struct {
		Transaction
		Amounts [3]string
		Steps   []string
		Final   bool
	}
	rows := []row{}
	for t := range s.Transactions() {
		r := row{t, [3]string{t.Amount.String(), t.Captured.String(), t.Refunded.String()}, nil, t.Final()}
		for _, a := range t.Actions {
			r.Steps = append(r.Steps, a.Step.String())
		}
		rows = append(rows, r)
	}
	b, err := json.MarshalIndent(map[string]any{
		"transactions": rows, "undecided": s.Undecided(), "plans": s.bottom.plans, "mode": s.Mode(), "running": s.bottom.running,
	}, "", " ")
	if err != nil {
		panic(err)
	}
	return string(b)
}

// An oracle is the slow and obvious way: it keeps the entries and asks all of
// them each time. Its rules are those of the design, not of the code.
type oracle []Payload

func (o oracle) state(id string) (state ActionState, at int) {
	at = -1
	var intent Intent
	for i, p := range o {
		switch v := p.(type) {
		case Intent:
			if v.Action == id {
				state, at, intent = ActionOpen, i, v
			}
		case Adopted: // whoever states less than was accepted says that it came to nothing
			total := map[Verb]int64{Capture: v.CapturedMinor, Refund: v.RefundedMinor}[intent.Verb]
			if intent.Verb == Cancel && v.Cancelled || intent.Verb == Reauthorise {
				total = intent.ToMinor
			}
			if state == ActionAccepted && v.Transact == intent.Transact && total < intent.ToMinor {
				state = ActionReversed
			}
		case Outcome:
			if v.Action == id {
				state = map[Result]ActionState{Accepted: ActionAccepted, Declined: ActionDeclined, NotSent: ActionNotSent, Unknown: ActionUnknown}[v.Result]
			}
		case Observed:
			if v.Action == id && v.Verdict != "" {
				state = map[Verdict]ActionState{VerdictDone: ActionAccepted, VerdictNotDone: ActionNotDone, VerdictSettled: ActionDone, VerdictReversed: ActionReversed}[v.Verdict]
			}
		case Resolved:
			if v.Action == id {
				state = ActionNotDone
				if v.Done {
					state = ActionDone
				}
			}
		}
	}
	return state, at
}

// total adds up what was moved since the last statement of a person, from that
// statement or from where the first step began; -1 when nothing is known.
func (o oracle) total(transact string, verb Verb) int64 {
	start, known, from := 0, false, int64(0)
	for i, p := range o {
		if a, ok := p.(Adopted); ok && a.Transact == transact {
			start, known, from = i, true, a.CapturedMinor
			if verb == Refund {
				from = a.RefundedMinor
			}
			if verb == Cancel {
				from = 0
				if a.Cancelled {
					from = a.AmountMinor
				}
			}
		}
	}
	for _, p := range o[start:] {
		if v, ok := p.(Intent); ok && v.Transact == transact && v.Verb == verb {
			happened := slices.Contains([]ActionState{ActionAccepted, ActionDone}, o.now(v.Action))
			reversed := o.now(v.Action) == ActionReversed
			if !known && (happened || reversed) {
				known, from = true, v.FromMinor
			}
			if happened {
				from += v.ToMinor - v.FromMinor
			}
		}
	}
	if !known {
		return -1
	}
	return from
}

func (o oracle) now(id string) ActionState { s, _ := o.state(id); return s }

func (o oracle) undecided(transact string) bool {
	return slices.ContainsFunc(o, func(p Payload) bool {
		v, ok := p.(Intent)
		return ok && v.Transact == transact && o.now(v.Action).Undecided()
	})
}

func (o oracle) allows(p Payload) bool {
	switch v := p.(type) {
	case Intent:
		step, err := v.Step()
		if err != nil {
			return false
		}
		_, claimed := o.state(v.Action)
		total := o.total(v.Transact, v.Verb)
		captured := o.total(v.Transact, Capture)
		again := o.now(ActionID(step, v.Attempt-1)).Failed()
		if v.Verb == Reauthorise { // an authorisation grows old again
			total = -1
			before := o.now(ActionID(step, v.Attempt-1))
			again = before != 0 && !before.Undecided()
		}
		return claimed < 0 && v.FromMinor < v.ToMinor && v.ToMinor <= v.AmountMinor && !o.undecided(v.Transact) &&
			(v.Attempt == 1 || again) &&
			o.total(v.Transact, Cancel) <= 0 && (v.Verb == Cancel || total < 0 || total == v.FromMinor) &&
			(v.Verb != Cancel || captured <= 0 && o.total(v.Transact, Refund) <= 0) &&
			(v.Verb != Refund || captured < 0 || v.ToMinor <= captured)
	case Outcome:
		return o.now(v.Action) == ActionOpen
	case Observed:
		switch s := o.now(v.Action); v.Verdict {
		case VerdictDone, VerdictNotDone:
			return s.Undecided()
		case VerdictSettled, VerdictReversed:
			return s == ActionAccepted
		}
		_, at := o.state(v.Action)
		return at >= 0
	case Resolved:
		return o.now(v.Action).Undecided()
	case Adopted:
		return !o.undecided(v.Transact) && v.RefundedMinor <= v.CapturedMinor && !(v.Cancelled && v.CapturedMinor > 0)
	}
	return true
}

// anyPayload draws what an apply, a recovery or a person might want to write,
// often wrongly, about few transactions and amounts so that they meet.
func anyPayload(t *rapid.T) Payload {
	transact := rapid.SampledFrom([]string{"11111111", "11111112"}).Draw(t, "transact")
	verb := rapid.SampledFrom([]Verb{Capture, Refund, Refund, Cancel, Reauthorise}).Draw(t, "verb")
	from := rapid.Int64Range(0, 2).Draw(t, "from")
	to := from + rapid.Int64Range(0, 2).Draw(t, "rise")
	if verb == Cancel || verb == Reauthorise {
		from, to = 0, 4
	}
	v := intent(transact, verb, from, to, rapid.IntRange(1, 2).Draw(t, "attempt"), func(v *Intent) { v.AmountMinor = 4 })
	if verb == Reauthorise {
		v.Class = "moneyless"
	}
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1, 2:
		return v
	case 3, 4, 5:
		return outcome(v, rapid.SampledFrom([]Result{Accepted, Accepted, Declined, NotSent, Unknown}).Draw(t, "result"))
	case 6, 7:
		verdict := rapid.SampledFrom([]Verdict{"", VerdictDone, VerdictNotDone, VerdictSettled, VerdictReversed}).Draw(t, "verdict")
		return observed(v, rapid.IntRange(0, 19).Draw(t, "status"), verdict)
	case 8:
		return Resolved{Action: v.Action, Done: rapid.Bool().Draw(t, "done"), Evidence: "x"}
	}
	return Adopted{
		Merchant: "12345678", Transact: transact, Currency: "DKK", AmountMinor: 4, Evidence: "x", CapturedMinor: to,
		RefundedMinor: from, Cancelled: rapid.Bool().Draw(t, "cancelled"),
	}
}

// R13, R35: the fold agrees with the oracle on what may follow and on what it
// comes to; live, rebuilt from the file, and whatever was refused between.
func TestFoldAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		disk := disktest.New()
		f, err := Open("flexform.ledger", Options{Now: clock(), FS: disk.Start()})
		if err != nil {
			t.Fatal(err)
		}
		o := oracle{begin(planA, 1000)}
		if _, err := f.Append(t.Context(), o[0]); err != nil {
			t.Fatal(err)
		}
		for i := range rapid.IntRange(0, 60).Draw(t, "length") {
			p := anyPayload(t)
			_, err := f.Append(t.Context(), p)
			if allowed := o.allows(p); allowed != (err == nil) {
				t.Fatalf("entry %d, %+v: oracle says %v, ledger %v\n%s", i+3, p, allowed, err, dump(f.State()))
			}
			if err == nil {
				o = append(o, p)
			}
		}
		o.compare(t, f.State())
		again, _, err := verify(disk.Bytes("flexform.ledger"))
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		if live, read := dump(f.State()), dump(again); live != read {
			t.Fatalf("live state\n%s\nread anew\n%s", live, read)
		}
	})
}

func (o oracle) compare(t *rapid.T, s *State) {
	amount := func(minor int64) string {
		if minor < 0 {
			return "no amount"
		}
		c, _ := money.ParseCurrency("DKK")
		a, err := money.New(minor, c)
		if err != nil {
			t.Fatal(err)
		}
		return a.String()
	}
	counts := map[string]int{}
	for _, p := range o {
		v, ok := p.(Intent)
		if !ok {
			continue
		}
		a, found := s.Action(v.Action)
		if want := o.now(v.Action); !found || a.State != want {
			t.Fatalf("%s is %v, oracle says %v", v.Action, a.State, want)
		}
		switch {
		case a.State.Undecided():
			counts["unknown"]++
		case a.State.Failed():
			counts["not done"]++
		default:
			counts["done"]++
		}
	}
	if sum := counts["unknown"] + counts["not done"] + counts["done"]; s.PlanUse(planA).Started != sum || len(s.Undecided()) != counts["unknown"] {
		t.Fatalf("%d intents, %d undecided, oracle counts %v", s.PlanUse(planA).Started, len(s.Undecided()), counts)
	}
	for tr := range s.Transactions() {
		got := fmt.Sprintf("%s, %s, %t", tr.Captured, tr.Refunded, tr.Cancelled)
		want := fmt.Sprintf("%s, %s, %t", amount(o.total(tr.Transact, Capture)), amount(o.total(tr.Transact, Refund)), o.total(tr.Transact, Cancel) > 0)
		if got != want {
			t.Fatalf("%s: %s, oracle says %s", tr.Key, got, want)
		}
	}
}

package plan

import (
	"fmt"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/money"
	"flexform/statefile"
)

// expected is what hazards.md 1 and flexwin.md 11.1 let us conclude, typed
// from the documents and not from the table: for each kind of call and status
// before, what each status after proves for a call of unknown outcome (at
// once, after the window) and for an accepted one (at once, after the window).
// H happened, S settled, R reversed, N did not happen, - undecidable. A pair
// that is not here is undecidable in all four.
var expected = map[string]map[string]string{
	"capture 2": {
		"3": "HHHH", "12": "HHHH", "5": "SSSS", "7": "SSSS", "8": "SSSS", "9": "SSSS", "10": "SSSS", "11": "SSSS", "15": "SSSS",
		"4": "RRRR", "2": "-N--", "6": "-N--",
	},
	"capture 4": {
		"3": "HHHH", "12": "HHHH", "5": "SSSS", "7": "SSSS", "8": "SSSS", "9": "SSSS", "10": "SSSS", "11": "SSSS", "15": "SSSS",
		"4": "-N-R", "6": "-N--",
	},
	"cancel 2": {
		"6": "SSSS", "2": "-N--",
		"3": "-N--", "5": "-N--", "7": "-N--", "8": "-N--", "9": "-N--", "10": "-N--", "11": "-N--", "12": "-N--", "15": "-N--",
	},
	"full 5":    {"9": "HHHH", "15": "HHHH", "11": "SSSS", "10": "RRRR", "5": "-N--", "7": "-N--"},
	"full 7":    {"9": "HHHH", "15": "HHHH", "11": "SSSS", "10": "RRRR", "5": "-N--", "7": "-N--"},
	"full 8":    {"9": "HHHH", "15": "HHHH", "11": "SSSS", "10": "RRRR"},
	"full 10":   {"9": "HHHH", "15": "HHHH", "11": "SSSS", "10": "---R"},
	"rest 5":    {"9": "HHHH", "15": "HHHH", "11": "SSSS", "10": "RRRR"},
	"rest 7":    {"9": "HHHH", "15": "HHHH", "11": "SSSS", "10": "RRRR"},
	"rest 8":    {"9": "HHHH", "15": "HHHH", "11": "SSSS", "10": "RRRR"},
	"rest 10":   {"9": "HHHH", "15": "HHHH", "11": "SSSS", "10": "---R"},
	"part 5":    {"9": "HHHH", "15": "HHHH", "8": "SSSS", "11": "SSSS", "10": "RRRR"},
	"part 7":    {"9": "HHHH", "15": "HHHH", "8": "SSSS", "11": "SSSS", "10": "RRRR"},
	"part 8":    {"9": "HHHH", "15": "HHHH", "8": "---S", "11": "--SS", "10": "RRRR"},
	"again 2":   {"2": "--SS", "3": "--SS", "4": "--SS", "5": "--SS", "6": "--SS", "7": "--SS", "8": "--SS", "9": "--SS", "10": "--SS", "11": "--SS", "12": "--SS", "15": "--SS", "18": "--SS", "19": "--SS"},
	"again 4":   {"2": "SSSS", "3": "--SS", "4": "--SS", "5": "--SS", "6": "--SS", "7": "--SS", "8": "--SS", "9": "--SS", "10": "--SS", "11": "--SS", "12": "--SS", "15": "--SS", "18": "--SS", "19": "--SS"},
	"again 6":   {"2": "SSSS", "3": "SSSS", "5": "SSSS", "7": "SSSS", "8": "SSSS", "9": "SSSS", "10": "SSSS", "11": "SSSS", "12": "SSSS", "15": "SSSS", "6": "-N--"},
	"again 18":  {"2": "--SS", "3": "--SS", "4": "--SS", "5": "--SS", "6": "--SS", "7": "--SS", "8": "--SS", "9": "--SS", "10": "--SS", "11": "--SS", "12": "--SS", "15": "--SS", "18": "--SS", "19": "--SS"},
	"delete 13": {"14": "SSSS"},
	"part 10":   {"9": "HHHH", "15": "HHHH", "8": "SSSS", "11": "SSSS"},
}

// R3, R4, R5: every kind of call, every status before and after, lost and
// accepted, before and after the window.
func TestJudgeEveryPair(t *testing.T) {
	letters := map[Judgement]string{Happened: "H", Settled: "S", Reversed: "R", DidNotHappen: "N", Undecidable: "-"}
	record := statefile.Transaction{Amount: dkk(t, 20000), Captured: dkk(t, 15000)}
	steps := map[string]statefile.Step{
		"capture": {Verb: statefile.Capture, From: dkk(t, 0), To: dkk(t, 15000)},
		"cancel":  {Verb: statefile.Cancel, From: dkk(t, 0), To: dkk(t, 20000)},
		"full":    {Verb: statefile.Refund, From: dkk(t, 0), To: dkk(t, 15000)},
		"rest":    {Verb: statefile.Refund, From: dkk(t, 5000), To: dkk(t, 15000)},
		"part":    {Verb: statefile.Refund, From: dkk(t, 5000), To: dkk(t, 8000)},
		"again":   {Verb: statefile.Reauthorise, From: dkk(t, 0), To: dkk(t, 20000)},
		"delete":  {Verb: statefile.Delete},
		"charge":  {Verb: statefile.Charge, OrderID: "o", From: dkk(t, 0), To: dkk(t, 9900)}, // its order tells, never the ticket's status
	}
	walked, used := 0, 0
	for name, step := range steps {
		for before := dibs.Status(-1); before <= 30; before++ {
			for after := dibs.Status(-1); after <= 30; after++ {
				want, ok := expected[fmt.Sprintf("%s %d", name, int(before))][fmt.Sprint(int(after))]
				if !ok {
					want = "----"
				} else {
					used++
				}
				var got strings.Builder
				for _, state := range []statefile.ActionState{statefile.ActionUnknown, statefile.ActionAccepted} {
					for _, over := range []bool{false, true} {
						a := statefile.Action{Step: step, State: state, Before: int(before)}
						got.WriteString(letters[Judge(record, a, after, over)])
						walked++
					}
				}
				if got.String() != want {
					t.Errorf("Judge(%s, %d -> %d) = %s, want %s (unknown early, late; accepted early, late)", name, before, after, got.String(), want)
				}
			}
		}
	}
	if stated := count(expected); used != stated || walked != len(steps)*32*32*4 {
		t.Errorf("walked %d cases and met %d of the %d stated ones", walked, used, stated)
	}
}

func count(m map[string]map[string]string) int {
	n := 0
	for _, row := range m {
		n += len(row)
	}
	return n
}

// No two rows may speak about the same pair: the first would hide the second.
func TestEvidenceRowsAreDisjoint(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range evidence {
		for _, c := range []call{captureCall, cancelCall, fullCall, restCall, partCall, againCall, deleteCall} {
			if row.call&c == 0 {
				continue
			}
			for _, before := range row.before {
				for _, after := range row.after {
					key := fmt.Sprint(c, " ", before, " ", after)
					if seen[key] {
						t.Errorf("two rows for call %d, %s -> %s", c, before, after)
					}
					seen[key] = true
				}
			}
		}
	}
}

// R4: a partial refund that leaves no trace is never called undone, however
// long one waits, and nothing is called undone inside the window.
func TestUnmovedStatusProvesLittle(t *testing.T) {
	record := statefile.Transaction{Amount: dkk(t, 20000)}
	for from := int64(0); from < 19000; from += 4000 {
		step := statefile.Step{Verb: statefile.Refund, From: dkk(t, from), To: dkk(t, from+500)}
		for s := dibs.Status(0); s < 30; s++ {
			for _, over := range []bool{false, true} {
				a := statefile.Action{Step: step, State: statefile.ActionUnknown, Before: int(s)}
				if got := Judge(record, a, s, over); got != Undecidable {
					t.Errorf("Judge(partial refund from %d, %s unmoved, over %t) = %s", from, s, over, got)
				}
			}
		}
	}
}

// R4: what time alone proves undone is offered again by the next plan, so it
// must be something that the gateway would refuse to do twice. A counted action
// is never that, whatever its status.
func TestOnlySelfLimitingIsOfferedAgain(t *testing.T) {
	record := statefile.Transaction{Amount: dkk(t, 20000), Captured: dkk(t, 15000)}
	proven := 0
	for _, step := range []statefile.Step{
		{Verb: statefile.Capture, From: dkk(t, 0), To: dkk(t, 15000)},
		{Verb: statefile.Cancel, From: dkk(t, 0), To: dkk(t, 20000)},
		{Verb: statefile.Refund, From: dkk(t, 0), To: dkk(t, 15000)},
		{Verb: statefile.Refund, From: dkk(t, 5000), To: dkk(t, 15000)},
		{Verb: statefile.Refund, From: dkk(t, 5000), To: dkk(t, 8000)},
		{Verb: statefile.Reauthorise, From: dkk(t, 0), To: dkk(t, 20000)},
		{Verb: statefile.Delete},
	} {
		for before := range dibs.Status(30) {
			for after := range dibs.Status(30) {
				for _, class := range []Class{SelfLimiting, Counted} {
					a := statefile.Action{Step: step, State: statefile.ActionUnknown, Before: int(before), Class: string(class)}
					if Judge(record, a, after, true) != DidNotHappen {
						continue
					}
					if proven++; class == Counted {
						t.Errorf("Judge(counted %s, %d -> %d) = %s", step.Verb, before, after, DidNotHappen)
					}
				}
			}
		}
	}
	if proven == 0 {
		t.Error("nothing was ever proven undone: the test tests nothing")
	}
	sums := Sums{Authorised: dkk(t, 20000), Captured: dkk(t, 5000), Settled: true, Free: true, Open: true}
	rest := statefile.Action{Step: statefile.Step{Verb: statefile.Capture, From: dkk(t, 5000), To: dkk(t, 20000)}, State: statefile.ActionUnknown, Before: 18}
	for class, want := range map[Class]Judgement{SelfLimiting: DidNotHappen, Counted: Undecidable} {
		rest.Class = string(class)
		if got := (Evidence{dibs.StatusMulticapOpen, &sums}).Judge(record, rest, true); got != want {
			t.Errorf("Judge(%s capture of the rest) by sums = %s, want %s", class, got, want)
		}
	}
}

// While two refunds are open, a status that tells of one says nothing of the
// other: taking the wrong one for declined would send it again.
func TestJudgeOfTwoOpenRefunds(t *testing.T) {
	first := statefile.Action{ID: "first", Step: statefile.Step{Verb: statefile.Refund, From: dkk(t, 5000), To: dkk(t, 8000)}, State: statefile.ActionAccepted, Before: 8}
	second := statefile.Action{ID: "second", Step: statefile.Step{Verb: statefile.Refund, From: dkk(t, 8000), To: dkk(t, 9000)}, State: statefile.ActionUnknown, Before: 8}
	rest := second
	rest.To = dkk(t, 20000)
	for name, tt := range map[string]struct {
		asked, other statefile.Action
		after        dibs.Status
		want         Judgement
	}{
		"declined: the accepted one?": {first, second, 10, Undecidable},
		"declined: the lost one?":     {second, first, 10, Undecidable},
		"under way: the lost one?":    {second, first, 9, Undecidable},
		"under way: the accepted one": {first, second, 9, Happened}, // as was known
		"all gone: the lost rest":     {rest, first, 11, Settled},
		"all gone: the lost part":     {second, first, 11, Undecidable},
		"all gone: the accepted part": {first, second, 11, Settled},
		"quiet: the accepted part":    {first, second, 8, Settled},
		"quiet: the lost part":        {second, first, 8, Undecidable},
	} {
		record := statefile.Transaction{Amount: dkk(t, 20000), Captured: dkk(t, 20000), Actions: []statefile.Action{tt.asked, tt.other}}
		if got := Judge(record, tt.asked, tt.after, true); got != tt.want {
			t.Errorf("%s: Judge = %s, want %s", name, got, tt.want)
		}
		if got := Judge(record, tt.asked, tt.after, false); tt.want == Undecidable && got != Undecidable {
			t.Errorf("%s: Judge = %s within the window, want %s as after it", name, got, Undecidable)
		}
		record.Actions[1].State = statefile.ActionDone
		if got := Judge(record, tt.asked, 10, true); got != Reversed {
			t.Errorf("%s: Judge(10) with the other one final = %s, want %s", name, got, Reversed)
		}
	}
}

func TestJudgeWithoutCapturedInTheLedger(t *testing.T) {
	record := statefile.Transaction{Amount: dkk(t, 20000)}
	full := statefile.Action{
		Step:  statefile.Step{Verb: statefile.Refund, From: dkk(t, 0), To: dkk(t, 20000)},
		State: statefile.ActionUnknown, Before: 5,
	}
	if got := Judge(record, full, 5, true); got != DidNotHappen {
		t.Errorf("Judge(refund of the authorised amount, 5 -> 5) = %s, want %s", got, DidNotHappen)
	}
	full.To = dkk(t, 15000)
	if got := Judge(record, full, 5, true); got != Undecidable {
		t.Errorf("Judge(refund of less than the authorised amount, 5 -> 5) = %s, want %s", got, Undecidable)
	}
}

func TestJudgeOnlyOpenQuestions(t *testing.T) {
	a := statefile.Action{Step: statefile.Step{Verb: statefile.Cancel, From: dkk(t, 0), To: dkk(t, 20000)}, Before: 2}
	for state := statefile.ActionState(0); state < 20; state++ {
		a.State = state
		got := Judge(statefile.Transaction{}, a, dibs.StatusCancelled, true)
		open := state.Undecided() || state == statefile.ActionAccepted
		if (got == Settled) != open || !open && got != Undecidable {
			t.Errorf("Judge(state %d) = %s", state, got)
		}
	}
}

func dkk(t testing.TB, minor int64) money.Amount {
	t.Helper()
	c, err := money.ParseCurrency("DKK")
	if err != nil {
		t.Fatal(err)
	}
	a, err := money.New(minor, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// R4: a step that was taken for not done may come late. What it leaves behind
// does not prove another step of the same verb, of which the amounts differ.
func TestLateStepProvesNoOther(t *testing.T) {
	step := func(verb statefile.Verb, from, to int64) statefile.Step {
		return statefile.Step{Key: statefile.Key{Merchant: merchant, Transact: transact}, Verb: verb, From: dkk(t, from), To: dkk(t, to)}
	}
	for name, tt := range map[string]struct {
		earlier, now  statefile.Step
		state         statefile.ActionState // of the earlier one
		before, after dibs.Status
		want          Judgement
	}{
		"a larger capture":          {step(statefile.Capture, 0, 20000), step(statefile.Capture, 0, 10000), notDone, 2, 5, Undecidable},
		"the same capture":          {step(statefile.Capture, 0, 10000), step(statefile.Capture, 0, 10000), notDone, 2, 5, Settled},
		"a capture declined":        {step(statefile.Capture, 0, 20000), step(statefile.Capture, 0, 10000), declined, 2, 5, Settled},
		"a capture, not seen":       {step(statefile.Capture, 0, 20000), step(statefile.Capture, 0, 10000), notDone, 2, 2, DidNotHappen},
		"a smaller refund":          {step(statefile.Refund, 0, 5000), step(statefile.Refund, 0, 8000), notDone, 5, 8, Undecidable},
		"a refund on its way":       {step(statefile.Refund, 0, 5000), step(statefile.Refund, 0, 20000), notDone, 5, 15, Undecidable},
		"a full refund":             {step(statefile.Refund, 0, 20000), step(statefile.Refund, 0, 8000), notDone, 5, 11, Undecidable},
		"a capture before a cancel": {step(statefile.Capture, 0, 20000), step(statefile.Cancel, 0, 20000), notDone, 2, 6, Settled},
	} {
		a := statefile.Action{ID: "now", Step: tt.now, State: unknown, Before: int(tt.before)}
		tr := statefile.Transaction{Amount: dkk(t, 20000), Captured: dkk(t, 20000), Actions: []statefile.Action{{ID: "earlier", Step: tt.earlier, State: tt.state, Before: int(tt.before)}, a}}
		if got := Judge(tr, a, tt.after, true); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if got := Judge(tr, a, tt.after, false); tt.want == Undecidable && got != Undecidable {
			t.Errorf("%s: %s within the window, want %s as after it", name, got, Undecidable)
		}
	}
}

// R4, R5: an accepted refund, and a later one that took effect, was declined by
// the acquirer and is resolved as not done. The status of a decline is that of
// the later one: taken for the earlier one's, it would be paid a second time.
func TestDeclineOfALaterRefund(t *testing.T) {
	for _, later := range []statefile.ActionState{notDone, reversed} {
		s := tale{refunded: "90.00", status: 10, ledger: deeds(refundOf(0, 5000, accepted, 5), refundOf(5000, 8000, later, 8))}
		r, _ := s.record(t)
		for i := range r.Actions {
			r.Actions[i].Seq = uint64(10 + i)
		}
		if got := Judge(r, r.Actions[0], dibs.StatusRefundDeclined, true); got != Undecidable {
			t.Errorf("the later one %s: %s, want undecidable", later, got)
		}
		in := s.input(t)
		in.State = memory{r.Key: r}
		if d, problems := Build(in); len(problems) > 0 || len(d.Body.Actions) > 0 || len(d.Body.Blocked) != 1 || d.Body.Blocked[0].Cause != CauseDrift {
			t.Errorf("the later one %s: Build = %+v, %+v, want drift", later, d.Body, problems)
		}
	}
}

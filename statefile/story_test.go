package statefile

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	planA = "sha256:aaaa000000000000000000000000000000000000000000000000000000000001"
	planB = "sha256:bbbb000000000000000000000000000000000000000000000000000000000002"
)

var anna = Actor{User: "anna", Host: "build7", PID: 4711}

// intent is an action of plan A unless changed: a refund of a transaction
// that was authorised for 200.00 DKK.
func intent(transact string, verb Verb, from, to int64, attempt int, change ...func(*Intent)) Intent {
	v := Intent{
		Plan: planA, Address: `transaction.recall["` + transact + `"]`, Merchant: "12345678", Transact: transact,
		OrderID: "11223344", Verb: verb, Currency: "DKK", AmountMinor: 20000, FromMinor: from, ToMinor: to,
		Attempt: attempt, Class: "counted", Status: 5,
	}
	for _, f := range change {
		f(&v)
	}
	if step, err := v.Step(); err == nil {
		v.Action = ActionID(step, v.Attempt)
	}
	return v
}

func outcome(of Intent, r Result) Outcome { return Outcome{Action: of.Action, Result: r} }

func observed(of Intent, status int, v Verdict) Observed {
	return Observed{Merchant: of.Merchant, Transact: of.Transact, Status: status, Action: of.Action, Verdict: v}
}

func begin(plan string, actions int) Begin {
	return Begin{Plan: plan, Mode: "sandbox", Actions: actions, Actor: anna, Version: "0.1.0"}
}

// story is a ledger's life with an entry of every kind, result and verdict.
func story() []Payload {
	ofB := func(v *Intent) { v.Plan = planB }
	capture := intent("11111111", Capture, 0, 20000, 1, func(v *Intent) { v.Status, v.Class = 2, "self-limiting" })
	refund := intent("11111111", Refund, 0, 5000, 1, func(v *Intent) { v.Reason = "RMA 4411: one of four returned" })
	late := intent("11111112", Refund, 0, 20000, 1)
	lost := intent("11111113", Refund, 0, 8000, 1)
	gone := intent("11111114", Capture, 0, 20000, 1, func(v *Intent) { v.Status = 2 })
	again := intent("11111114", Capture, 0, 20000, 2, func(v *Intent) { v.Status, v.Plan = 2, planB })
	cancel := intent("11111115", Cancel, 0, 20000, 1, func(v *Intent) { v.Status = 2 }, ofB)
	open := intent("11111116", Refund, 5000, 6000, 1, func(v *Intent) { v.OrderID = "Grøn/\"7\"\t<&>\u2028" }, ofB)
	row := intent("11111117", Refund, 0, 20000, 1, func(v *Intent) { v.Class, v.Batch = "self-limiting", "refund021126_01" }, ofB)
	code := 7
	status := 5
	return []Payload{
		Begin{Plan: planA, Mode: "sandbox", Actions: 5, Actor: anna, Commit: "4f1b2b0b822cd15d6c15b0f00a089f86d081884c", Author: "Anna Jensen", Version: "0.1.0"},
		capture, Outcome{Action: capture.Action, Result: Accepted, Code: new(int), Reply: "status=ACCEPTED&result=0&transact=11111111"},
		observed(capture, 5, VerdictSettled),
		refund, Outcome{Action: refund.Action, Result: Unknown, Message: "the connection broke after the request was sent"},
		observed(refund, 5, ""), observed(refund, 9, VerdictDone),
		late, outcome(late, Accepted), observed(late, 10, VerdictReversed),
		lost, Outcome{Action: lost.Action, Result: Unknown, Message: "no answer within 60 seconds"},
		gone, Outcome{Action: gone.Action, Result: Declined, Code: &code, Message: "amount error"},
		End{Plan: planA, Accepted: 3, Declined: 1, Unknown: 1},
		Resolved{Action: lost.Action, Done: false, Status: &status, Evidence: "console shows no refund, asked support", Actor: anna},
		observed(refund, 8, VerdictSettled),
		Begin{Plan: planB, Mode: "sandbox", Actions: 4, Actor: anna, Version: "0.1.0"},
		again, outcome(again, NotSent),
		cancel, outcome(cancel, Unknown), observed(cancel, 2, VerdictNotDone),
		Observed{Merchant: "12345678", Transact: "22222222", Status: 2},
		Adopted{
			Address: "transaction.order_7", Merchant: "12345678", Transact: "11111113", OrderID: "11223344", Currency: "DKK",
			AmountMinor: 20000, CapturedMinor: 20000, RefundedMinor: 8000, Status: 8, Evidence: "refunded in the console on 2 November", Actor: anna,
		},
		Adopted{
			Address: "transaction.order_8", Merchant: "12345678", Transact: "22222222", OrderID: "11223345", Currency: "JPY",
			AmountMinor: 900, Cancelled: true, Status: 6, Evidence: "cancelled by the shop", Actor: anna,
		},
		open,
		Called{Service: "refund.cgi", Merchant: "12345678", Mode: "sandbox", Transact: "11111112", Parameters: "amount=2000&currency=DKK&orderid=11223344&transact=11111112", Actor: anna, Version: "0.1.0"},
		Answered{Call: 30, Result: Accepted, Reply: "status=ACCEPTED&result=0&transact=11111112"},
		Called{Service: "cancel.cgi", Merchant: "12345678", Mode: "sandbox", Transact: "11111115", Parameters: "transact=11111115", Actor: anna, Version: "0.1.0"},
		Answered{Call: 32, Result: Declined, Message: "status does not allow it"},
		Batch{Name: "refund021126_01", Plan: planB, Merchant: "12345678", Rows: 1, Digest: "sha256:cccc000000000000000000000000000000000000000000000000000000000003"},
		row, Releasing{"refund021126_01"}, Released{"refund021126_01"},
		Unlocked{Holder: Actor{User: "bo", Host: "laptop", PID: 812}, Command: "apply", Since: "2026-11-02T08:12:40Z", Reason: "the laptop was wiped", Actor: anna},
		Cancelled{Plan: "sha256:eeee000000000000000000000000000000000000000000000000000000000006", Signer: "bo@example.com (SHA256:uNiVztksCsDhcc0u9e8BrJQTmiq2QRmMXH4v6MEbNYc)", Actor: anna},
		Begin{
			Plan: "sha256:dddd000000000000000000000000000000000000000000000000000000000004", Mode: "sandbox", Actions: 1, Actor: anna, Version: "0.1.0",
			Approvers:  "bo@example.com (SHA256:uNiVztksCsDhcc0u9e8BrJQTmiq2QRmMXH4v6MEbNYc)",
			Settings:   "sha256:5555000000000000000000000000000000000000000000000000000000000005",
			BreakGlass: "INC 812: paid out twice since noon", BrokenBy: "anna@example.com (SHA256:ckTU8ClbHFlJIqR0Aa6Oa1FxE2YN0V4jHDFD8SzZgQk)",
		},
	}
}

// A clock goes on by a second and a bit with every look.
func clock() func() time.Time {
	at := time.Date(2026, 11, 2, 9, 59, 58, 0, time.FixedZone("CET", 3600))
	return func() time.Time {
		at = at.Add(1001001 * time.Microsecond)
		return at
	}
}

// written returns the file of a ledger with these payloads, each appended by
// itself.
func written(tb testing.TB, payloads ...Payload) []byte {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "flexform.ledger")
	f, err := Open(path, Options{Now: clock(), Actor: anna, Rand: strings.NewReader("the lock and the ledger identity")})
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range payloads {
		if _, err := f.Append(tb.Context(), p); err != nil {
			tb.Fatalf("Append(%+v): %v", p, err)
		}
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

const golden = "testdata/every-kind.ledger"

// R36: the golden file is what this version writes and what every later
// version must read.
func TestGolden(t *testing.T) {
	got := written(t, story()...)
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", golden, diff)
	}
	again := new(bytes.Buffer)
	kinds := map[Kind]bool{}
	for e, err := range ReadEntries(golden) {
		if err != nil {
			t.Fatal(err)
		}
		kinds[e.Kind] = true
		line, sum, err := appendLine(nil, &e)
		if err != nil || sum.String() != e.Hash {
			t.Fatalf("entry %d: hash %s, %v, want %s", e.Seq, sum, err, e.Hash)
		}
		again.Write(append(line, '\n'))
	}
	if !bytes.Equal(again.Bytes(), want) {
		t.Errorf("entries of %s do not encode to the file again", golden)
	}
	if len(kinds) != 15 {
		t.Errorf("%s has the kinds %v, want all fifteen", golden, kinds)
	}
}

// What the story comes to.
func TestStoryState(t *testing.T) {
	s, err := Read(golden)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for tr := range s.Transactions() {
		text := tr.Captured.String() + ", " + tr.Refunded.String()
		if tr.Cancelled {
			text += ", cancelled"
		}
		if tr.Adopted {
			text += ", adopted"
		}
		for _, c := range tr.Calls {
			text += ", " + c.Service + " called by hand"
		}
		if tr.Final() {
			text += ", final"
		}
		for _, a := range tr.Actions {
			text += "; " + string(a.Verb) + " " + a.State.String()
		}
		got[tr.Transact] = text
	}
	want := map[string]string{
		"11111111": "200.00 DKK, 50.00 DKK, final; capture done; refund done",
		"11111112": "no amount, 0.00 DKK, refund.cgi called by hand; refund reversed",
		"11111113": "200.00 DKK, 80.00 DKK, adopted, final; refund not done",
		"11111114": "no amount, no amount; capture declined; capture not sent",
		"11111115": "no amount, no amount; cancel not done",
		"11111116": "no amount, no amount; refund open",
		"11111117": "no amount, no amount; refund open",
		"22222222": "0 JPY, 0 JPY, cancelled, adopted, final",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("transactions mismatch (-want +got):\n%s", diff)
	}
	undecided := s.Undecided()
	if len(undecided) != 2 || undecided[0].Transact != "11111116" || undecided[1].Batch != "refund021126_01" || undecided[0].State != ActionOpen {
		t.Errorf("Undecided() = %v, want the open refunds of 11111116 and 11111117", undecided)
	}
	if hash, seq := s.Head(); seq != 40 || hash == "" {
		t.Errorf("Head() = %s, %d, want entry 40", hash, seq)
	}
}

package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// records plays the ledger.
type records map[statefile.Key]statefile.Transaction

func (r records) Transaction(k statefile.Key) (statefile.Transaction, bool) {
	t, ok := r[k]
	return t, ok
}

func (r records) Undecided() []statefile.Action {
	var actions []statefile.Action
	for _, t := range r {
		actions = append(actions, t.Actions...)
	}
	return actions
}

func dkk(t testing.TB, s string) money.Amount {
	t.Helper()
	a, err := money.Parse(s + " DKK")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func declared(t testing.TB, n int, captured, refunded schema.Total) schema.Transaction {
	return schema.Transaction{Address: fmt.Sprintf("transaction.order_%d", 1000+n), Merchant: shopID, Transact: fmt.Sprint(11111110 + n),
		OrderID: fmt.Sprint(11223343 + n), Amount: dkk(t, "200.00"), Captured: captured, Refunded: refunded}
}

// sampleStatus has a transaction in every standing that matters.
func sampleStatus(t testing.TB) Status {
	full, none := schema.Total{Declared: true, Full: true}, schema.Total{}
	fifty := schema.Total{Declared: true, Amount: dkk(t, "50.00")}
	cancelled := declared(t, 2, none, none)
	cancelled.Cancelled = true
	notFound := declared(t, 9, full, none)
	notFound.Transact = ""
	in := StatusInput{Config: &schema.Config{Transactions: []schema.Transaction{
		declared(t, 1, full, fifty), cancelled, declared(t, 3, full, none), declared(t, 7, full, none), declared(t, 8, full, fifty), notFound,
		declared(t, 10, full, fifty), declared(t, 11, none, none),
	}}}
	in.Draft.Body = newPlan(schema.ModeTest, threeActions()[1:2], blockedSample()...).Body
	in.Draft.Positions = newPlan(schema.ModeTest, threeActions()[1:2]).Envelope.Positions
	looked := func(s dibs.Status) plan.Observation { return plan.Observation{Looked: true, Status: s} }
	in.Observations = []plan.Observation{
		looked(dibs.StatusPartlyRefunded), looked(dibs.StatusCancelled), {}, looked(dibs.StatusRefunded), looked(dibs.StatusRefundSent),
		{Looked: true, Err: errors.New("not found")}, looked(dibs.StatusCaptured),
	}
	unknown, stray := unknownAction(10, 40), unknownAction(99, 7)
	stray.Message = ""
	in.State = records{
		{Merchant: shopID, Transact: "11111113"}: {Captured: dkk(t, "200.00"), Refunded: dkk(t, "0.00"), Status: 5, StatusKnown: true},
		unknown.Key:                              {Captured: dkk(t, "200.00"), Actions: []statefile.Action{unknown}},
		stray.Key:                                {Actions: []statefile.Action{stray}},
	}
	return NewStatus(in)
}

func unknownAction(n int, seq uint64) statefile.Action {
	step, err := action(n, statefile.Refund, 5000, 10000, "").Step()
	if err != nil {
		panic(err)
	}
	return statefile.Action{ID: statefile.ActionID(step, 1), Step: step, Attempt: 1, State: statefile.ActionUnknown, Address: fmt.Sprintf("transaction.order_%d", 1000+n),
		Plan: digestA, Message: "no reply within 60 s", Seq: seq, At: noon}
}

func TestStatus(t *testing.T) {
	status := sampleStatus(t)
	for name, style := range map[string]Style{"status.txt": {Width: 100}, "status-color.txt": {Color: true}, "status-cut.txt": {Rows: 1}} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := StatusText(&b, status, style); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.String())
		})
	}
	var b strings.Builder
	if err := StatusJSON(&b, status); err != nil {
		t.Fatal(err)
	}
	golden(t, "status.json", b.String())
	b.Reset()
	if err := StatusText(&b, Status{Mode: schema.ModeLive}, Style{}); err != nil || b.String() != "0 declared transactions in LIVE mode: real money\n\n" {
		t.Errorf("StatusText of nothing = %q, %v", b.String(), err)
	}
}

// What may have happened comes first, also when its block is gone from the
// configuration.
func TestStatusOrder(t *testing.T) {
	status := sampleStatus(t)
	var got []Standing
	for _, r := range status.Rows {
		got = append(got, r.Standing)
	}
	want := []Standing{"unknown", "drift", "notfound", "settling", StandingToChange, StandingInPlace, StandingSettled, StandingSettled}
	if !slices.Equal(got, want) {
		t.Errorf("standings %q, want %q", got, want)
	}
	if len(status.Undecided) != 2 || status.Undecided[0].Transact != "11111209" {
		t.Errorf("undecided: %v, want the undeclared one first, by age", status.Undecided)
	}
}

func TestResolveCommand(t *testing.T) {
	want := `flexform resolve 'a'\''; rm -rf \x1b#1' --outcome "done|not-done" --evidence "…"`
	if got := (Style{}).resolveCommand("a'; rm -rf \x1b#1"); got != want {
		t.Errorf("resolveCommand = %s, want %s", got, want)
	}
}

package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs"
	"flexform/dibs/bulk"
	"flexform/dibs/bulk/bulktest"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

const stem = "refund211126_01" // the clock's day

// A bulkRig is a rig with a desk that carries out files while they are waited
// for.
type bulkRig struct {
	*rig
	desk *desk
	trap *trap
}

func newBulkRig(t testing.TB, accounts int) *bulkRig {
	r := &bulkRig{rig: newRig(t, accounts), trap: &trap{}}
	r.desk = newDesk(r.bank)
	return r
}

func (r *bulkRig) runner() *Runner {
	runner := r.rig.runner()
	m := runner.Merchants[shop]
	m.Drop = r.desk.drop(r.trap)
	runner.Merchants[shop] = m
	runner.Bulk.Patience = -1
	runner.Wait = func(ctx context.Context, d time.Duration) error {
		r.desk.Work()
		return r.clock.Wait(ctx, d)
	}
	return runner
}

func (r *bulkRig) ship(runner *Runner, p *plan.Plan) Result {
	r.t.Helper()
	result, err := runner.withDefaults().runBulk(context.Background(), p)
	if err != nil {
		r.t.Fatalf("run: %v", err)
	}
	return result
}

func (r *bulkRig) files() string { return strings.Join(r.desk.List(), " ") }

// The order of what is written and sent (design 8): nothing is released before
// its name and all of its intents are on the disk.
func TestBulkRun(t *testing.T) {
	r := newBulkRig(t, 3)
	r.account(2).refunded, r.account(2).status = 5000, dibs.StatusPartlyRefunded
	var events []string
	runner := r.runner()
	runner.Events = func(e Event) {
		if e.Kind == EventBulk {
			events = append(events, fmt.Sprintf("%q %q %d", e.Batch.Name, e.Batch.Stage, e.Batch.Rows()))
		}
	}
	result := r.ship(runner, planOf(refund(0, 0, 20000), refund(1, 0, 5000), refund(2, 0, 5000), capture(1, 100)))
	if diff := cmp.Diff([]string{"capture 11111112: not_started", "refund 11111111: settled", "refund 11111112: not_started", "refund 11111113: moved"}, ended(result)); diff != "" {
		t.Errorf("two actions of one transaction, one moved, mismatch (-want +got):\n%s", diff)
	}
	if want := []string{"created", "begin", "batch", "intent", "releasing", "released", "accepted", "observed settled", "end"}; !slices.Equal(want, r.kinds()) {
		t.Errorf("ledger %v, want %v", r.kinds(), want)
	}
	if want := []string{`"" "" 2`, `"refund211126_01" "" 1`, `"refund211126_01" "waiting" 1`}; !slices.Equal(want, events) {
		t.Errorf("events %v, want %v", events, want)
	}
	for _, a := range result.NotStarted {
		if !errors.Is(a.Err, ErrNotInFile) || a.Detail == "" || a.Batch != "" {
			t.Errorf("%s: %v, %q, in %q", a.ID, a.Err, a.Detail, a.Batch)
		}
	}
	if f := result.Files; len(f) != 1 || f[0].Name != stem || f[0].Stage != StageAnswered || f[0].Accepted != 1 || result.Done[0].Batch != stem {
		t.Errorf("files %+v, %+v", f, result.Done)
	}
	if want := "refund211126_01.run refund211126_01.txt response_refund211126_01.run response_refund211126_01.txt"; r.files() != want {
		t.Errorf("files %s, want %s", r.files(), want)
	}
	if tr, _ := r.file.State().Transaction(key(0)); tr.Refunded.Minor() != 20000 || r.desk.Rows()[transact(0)] != 1 || len(r.desk.Rows()) != 1 {
		t.Errorf("the ledger has %s, the desk %v", tr.Refunded, r.desk.Rows())
	}
}

// What cannot go with a file is refused before anything is written or sent.
func TestBulkRefusals(t *testing.T) {
	many := func(n int) *plan.Plan {
		actions := make([]plan.Action, n)
		for i := range actions {
			actions[i] = refund(i, 0, 100)
		}
		return planOf(actions...)
	}
	odd := refund(0, 0, 100)
	odd.OrderID = "Grøn"
	for name, tt := range map[string]struct {
		p      *plan.Plan
		noDrop bool
		want   string
	}{
		"no refund":         {planOf(capture(0, 100)), false, "no refund that could go"},
		"no server":         {planOf(refund(0, 0, 100)), true, "no server for bulk files is configured"},
		"too many":          {many(bulk.MaxRows + 1), false, "more than 100000"},
		"a foreign orderid": {planOf(odd), false, "not printable ASCII"},
	} {
		r := newBulkRig(t, 1)
		runner := r.runner()
		if tt.noDrop {
			m := runner.Merchants[shop]
			m.Drop = nil
			runner.Merchants[shop] = m
		}
		result, err := runner.withDefaults().runBulk(context.Background(), tt.p)
		if err == nil || !strings.Contains(err.Error(), tt.want) || result.Rule != StopRefused || len(result.NotStarted) != len(tt.p.Body.Actions) {
			t.Errorf("%s: %v, %s", name, err, result.Rule)
		}
		if kinds := r.kinds(); len(kinds) != 1 || r.desk.dials > 0 || r.bank.reads > 0 {
			t.Errorf("%s: ledger %v, %d sessions, %d reads", name, kinds, r.desk.dials, r.bank.reads)
		}
	}
}

// Rows that the response leaves out are unknown and never failed; rows that it
// declines are.
func TestBulkResponses(t *testing.T) {
	r := newBulkRig(t, 4)
	r.desk.Skips = func(row bulk.Row) bool { return row.Transact == transact(3) }
	r.desk.Leaves = func(row bulk.Row) bool { return row.Transact == transact(0) }
	runner := r.runner()
	wait := runner.Wait
	runner.Wait = func(ctx context.Context, d time.Duration) error {
		r.account(1).status = dibs.StatusRefunded // behind our back, after the release
		return wait(ctx, d)
	}
	result := r.ship(runner, planOf(refund(0, 0, 5000), refund(1, 0, 20000), refund(2, 0, 5000), refund(3, 0, 20000)))
	// A missing one is proven by its status, but never that it did not happen.
	want := []string{"refund 11111111: settled", "refund 11111112: declined", "refund 11111113: settled", "refund 11111114: unknown"}
	if diff := cmp.Diff(want, ended(result)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if a := result.Declined[0]; a.Code == nil || *a.Code != int(dibs.ResultStatusForbids) || !strings.Contains(a.Detail, "response_refund211126_01.txt line 5") {
		t.Errorf("declined: %+v", a)
	}

	// A later partial refund shows in no status: a missing row stays unknown.
	result = r.ship(r.runner(), planOf(refund(0, 5000, 6000)))
	if diff := cmp.Diff([]string{"refund 11111111: unknown"}, ended(result)); diff != "" {
		t.Errorf("second file, mismatch (-want +got):\n%s", diff)
	}
	if result.Files[0].Name != "refund211126_02" || !strings.Contains(result.Unknown[0].Detail, "no row for it") {
		t.Errorf("second file: %+v, %q", result.Files, result.Unknown[0].Detail)
	}
	r.clock.now = r.clock.now.Add(1000 * defaultWindow)
	if s := r.settle(r.runner()); len(s.Unknown) != 2 || len(s.Files) != 0 {
		t.Errorf("settled later: %+v", s)
	}
}

// A response that cannot be trusted tells nothing about any row.
func TestBulkGarbage(t *testing.T) {
	r := newBulkRig(t, 2)
	r.desk.Garbage = true
	result := r.ship(r.runner(), planOf(refund(0, 0, 5000), refund(1, 0, 20000)))
	// Both happened, and by their statuses that is certain.
	if diff := cmp.Diff([]string{"refund 11111111: settled", "refund 11111112: settled"}, ended(result)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if f := result.Files[0]; f.Stage != StageUnclear || f.Err == nil {
		t.Errorf("file: %+v", f)
	}
	if why, err := r.runner().Distrust(t.Context(), result.Files[0].Name); why == "" || err != nil {
		t.Errorf("Distrust = %q, %v", why, err)
	}
	r.agree()
	sound := newBulkRig(t, 1)
	sound.ship(sound.runner(), planOf(refund(0, 0, 5000)))
	if why, err := sound.runner().Distrust(t.Context(), result.Files[0].Name); why != "" || err != nil {
		t.Errorf("Distrust of a response that can be read = %q, %v", why, err)
	}
}

// The double-refund trap: a file that is released and not answered may still
// be waiting at the gateway. However long that takes, no status that has not
// moved says that its rows did not happen.
func TestReleasedFileWaits(t *testing.T) {
	r := newBulkRig(t, 3)
	runner := r.runner()
	runner.Bulk.Patience = 0
	runner.Wait = r.clock.Wait // the desk does not work
	result := r.ship(runner, planOf(refund(0, 0, 20000), refund(1, 0, 5000)))
	if diff := cmp.Diff([]string{"refund 11111111: unknown", "refund 11111112: unknown"}, ended(result)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if !strings.Contains(result.Unknown[0].Detail, "in bulk file refund211126_01: it is released") {
		t.Errorf("detail %q", result.Unknown[0].Detail)
	}
	for range 3 {
		r.clock.now = r.clock.now.Add(1000 * defaultWindow)
		r.reopen()
		runner := r.runner()
		runner.Bulk.Patience, runner.Wait = 0, r.clock.Wait
		s := r.settle(runner)
		if len(s.Files) != 1 || s.Files[0].Stage != StageWaiting || s.Files[0].Open != 2 || len(s.Decided) > 0 || len(s.Unknown) > 0 || !s.AnyUnknown() {
			t.Errorf("settled: %+v", s)
		}
	}
	r.desk.Work()
	if s := r.settle(r.runner()); s.Files[0].Accepted != 2 || s.AnyUnknown() {
		t.Errorf("settled after the response: %+v", s)
	}
	r.agree()
	// The server has cleared everything away. The first refund would show in no
	// status, the second one would, and is not there yet: nobody but a person can
	// tell of either.
	runner = r.runner()
	runner.Bulk.Patience, runner.Wait = 0, r.clock.Wait
	r.ship(runner, planOf(refund(1, 5000, 6000), refund(2, 0, 20000)))
	for _, file := range r.desk.List() {
		_ = r.desk.Remove(file)
	}
	r.clock.now = r.clock.now.Add(1000 * defaultWindow)
	if s := r.settle(runner); s.Files[0].Stage != StageWaiting || len(s.Unknown) != 2 || !strings.Contains(s.Files[0].Detail, "perhaps having cleared it away") {
		t.Errorf("settled after the server has cleared up: %+v", s)
	}
	if files := r.desk.List(); len(files) > 0 {
		t.Errorf("something was sent again: %v", files)
	}
}

// An interruption before the release takes the file back; after it the file
// stays, and a later run reads the response.
func TestBulkInterrupted(t *testing.T) {
	r := newBulkRig(t, 1)
	ctx, stop := context.WithCancel(context.Background())
	runner := r.runner()
	runner.Ledger = &faultyLedger{Ledger: r.file, after: func(_ int, p []statefile.Payload) error {
		if _, ok := p[0].(statefile.Batch); ok {
			stop()
		}
		return nil
	}}
	result, err := runner.withDefaults().runBulk(ctx, planOf(refund(0, 0, 5000)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"refund 11111111: not_sent"}, ended(result)); diff != "" || result.Rule != StopInterrupted || r.files() != "" {
		t.Errorf("before the release: %s, files %q (-want +got):\n%s", result.Rule, r.files(), diff)
	}

	again := refund(0, 0, 5000)
	again.Attempt = 2
	ctx, stop = context.WithCancel(context.Background())
	runner = r.runner()
	runner.Wait = func(ctx context.Context, d time.Duration) error { stop(); return ctx.Err() }
	if result, err = runner.withDefaults().runBulk(ctx, planOf(again)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"refund 11111111: unknown"}, ended(result)); diff != "" || result.Files[0].Stage != StageWaiting || result.Files[0].Name != "refund211126_02" {
		t.Errorf("after the release: %+v (-want +got):\n%s", result.Files, diff)
	}
	if s := r.settle(r.runner()); s.Files[0].Accepted != 1 {
		t.Errorf("settled: %+v", s)
	}
	r.agree()
}

// What stands on the server under our name and is not ours is not touched.
func TestForeignFiles(t *testing.T) {
	r := newBulkRig(t, 1)
	runner := r.runner()
	runner.Ledger = &faultyLedger{Ledger: r.file, after: func(_ int, p []statefile.Payload) error {
		if _, ok := p[0].(statefile.Batch); ok {
			r.desk.Put(stem+".txt", []byte("somebody else's"))
		}
		return nil
	}}
	result := r.ship(runner, planOf(refund(0, 0, 5000)))
	if diff := cmp.Diff([]string{"refund 11111111: not_sent"}, ended(result)); diff != "" || r.files() != stem+".txt" {
		t.Errorf("files %s (-want +got):\n%s", r.files(), diff)
	}
	again := refund(0, 0, 5000)
	again.Attempt = 2
	if result := r.ship(r.runner(), planOf(again)); result.Files[0].Name != "refund211126_02" || len(result.Done) != 1 {
		t.Errorf("the next file: %+v", result)
	}
}

// Between the entry and the release: the next process releases the file when
// no row has moved and none could be paid twice, and leaves it to a person
// otherwise.
func TestReleasedByTheNextProcess(t *testing.T) {
	for name, tt := range map[string]struct {
		class plan.Class
		moved bool
		want  string // why it is left to a person; empty when it is released
	}{
		"nothing speaks against it": {class: plan.SelfLimiting},
		"one has moved":             {plan.SelfLimiting, true, "has moved from"},
		"one could be paid twice":   {plan.Counted, false, "a second time"},
	} {
		r := newBulkRig(t, 2)
		small, whole := refund(0, 0, 15000), refund(1, 0, 20000)
		small.Class, whole.Class = tt.class, plan.SelfLimiting
		runner := r.runner()
		runner.Ledger = &faultyLedger{Ledger: r.file, after: func(_ int, p []statefile.Payload) error {
			if _, ok := p[0].(statefile.Releasing); ok {
				return &statefile.WriteError{Err: errors.New("the process ends here")}
			}
			return nil
		}}
		result, err := runner.withDefaults().runBulk(context.Background(), planOf(small, whole))
		if _, behind := errors.AsType[*RecordError](err); !behind || len(result.Unknown) != 2 || !result.Unknown[0].Behind {
			t.Fatalf("%s: %v, %+v", name, err, result)
		}
		if r.files() != stem+".txt" {
			t.Fatalf("%s: files %s", name, r.files())
		}
		if tt.moved {
			r.account(1).refunded, r.account(1).status = 20000, dibs.StatusRefunded // in the console
		}
		r.reopen()
		ctx, stop := context.WithCancel(context.Background())
		stop()
		if s, err := r.runner().Settle(ctx); err != nil || s.Files[0].Stage != StageUnclear || len(r.desk.Released()) > 0 {
			t.Errorf("settled, interrupted: %+v, %v, released %v", s, err, r.desk.Released())
		}
		s := r.settle(r.runner())
		switch {
		case tt.want == "" && (s.Files[0].Stage != StageAnswered || s.Files[0].Accepted != 2):
			t.Errorf("%s: settled: %+v", name, s)
		case tt.want != "" && (s.Files[0].Stage != StageUnclear || len(r.desk.Released()) > 0 || !strings.Contains(s.Files[0].Detail, tt.want)):
			t.Errorf("%s: settled: %+v", name, s)
		}
		if tt.moved && len(s.Unknown) != 1 { // the other one's status tells that it happened, whoever did it
			t.Errorf("%s: unknown: %+v", name, s.Unknown)
		}
	}
}

// R4: a server takes the run file away before it works on the rows, and so the
// file is released twice. The gateway refuses each row the second time, and
// that response must not make a refund that happened a declined one: the next
// plan would pay on top of it.
func TestResponseOfAFileReleasedTwice(t *testing.T) {
	r := newBulkRig(t, 1)
	r.desk.Clears = bulktest.ClearsRun
	*r.account(0) = account{orderID: r.account(0).orderID, amount: 20000, captured: 20000, refunded: 3000, status: dibs.StatusPartlyRefunded}
	a := refund(0, 3000, 13000)
	a.Class, a.Status = plan.SelfLimiting, dibs.StatusPartlyRefunded
	r.record(statefile.Adopted{Merchant: shop, Transact: a.Transact, OrderID: a.OrderID, Currency: "DKK", AmountMinor: 20000, CapturedMinor: 20000, RefundedMinor: 3000, Evidence: "report", Status: 8})
	runner := r.runner()
	runner.Ledger = &faultyLedger{Ledger: r.file, before: func(_ int, p []statefile.Payload) error {
		if _, ok := p[0].(statefile.Released); ok {
			return &statefile.WriteError{Err: errors.New("the process ends here")}
		}
		return nil
	}}
	if _, err := runner.withDefaults().runBulk(context.Background(), planOf(a)); err == nil {
		t.Fatal("the process did not end")
	}
	r.desk.Work() // takes the file up
	r.reopen()
	next := r.runner()
	next.Wait = func(ctx context.Context, d time.Duration) error { // both responses are there before the next look
		for range 3 {
			r.desk.Work()
		}
		return r.clock.Wait(ctx, d)
	}
	s := r.settle(next)
	tr, _ := r.file.State().Transaction(key(0))
	if r.account(0).refunded != 13000 || r.desk.Rows()[transact(0)] != 2 {
		t.Fatalf("the bank refunded %d, %d times carried out: not what this test is about", r.account(0).refunded, r.desk.Rows()[transact(0)])
	}
	if got := tr.Actions[0]; got.State != statefile.ActionUnknown || !strings.Contains(got.Message, "released twice") || s.Files[0].Unknown != 1 {
		t.Errorf("the ledger has it as %s: %s; want it unknown", got.State, got.Message)
	}
}

// A response that says otherwise than a person did is told of.
func TestResponseAgainstAPerson(t *testing.T) {
	r := newBulkRig(t, 2)
	runner := r.runner()
	runner.Bulk.Patience, runner.Wait = 0, r.clock.Wait
	a := refund(0, 0, 5000)
	result := r.ship(runner, planOf(a, refund(1, 0, 5000)))
	r.record(statefile.Resolved{Action: result.Unknown[0].ID, Evidence: "DIBS support said so"})
	r.desk.Work()
	s := r.settle(r.runner())
	if f := s.Files[0]; f.Accepted != 1 || f.NotSent != 1 || len(f.Problems) != 1 || !strings.Contains(f.Problems[0], "not done in the ledger, and the response says accepted") {
		t.Errorf("settled: %+v", f)
	}
}

// Each merchant has a file of its own.
func TestTwoMerchants(t *testing.T) {
	r := newBulkRig(t, 2)
	runner := r.runner()
	other := newDesk(r.bank)
	m := runner.Merchants[shop]
	m.Drop = other.drop(r.trap)
	runner.Merchants["2"] = m
	wait := runner.Wait
	runner.Wait = func(ctx context.Context, d time.Duration) error { other.Work(); return wait(ctx, d) }
	b := refund(1, 0, 5000)
	b.Merchant = "2"
	result := r.ship(runner, planOf(refund(0, 0, 5000), b))
	if len(result.Done) != 2 || result.Done[0].Batch != stem || result.Done[1].Batch != "refund211126_02" {
		t.Errorf("done: %+v", result.Done)
	}
	if r.desk.Rows()[transact(0)] != 1 || other.Rows()[transact(1)] != 1 {
		t.Errorf("rows %v and %v", r.desk.Rows(), other.Rows())
	}
}

// A test account's rows are for the test module.
func TestTestRows(t *testing.T) {
	f, err := fileOf(schema.ModeTest, []aRow{{"a", statefile.Step{Key: key(0), From: dkk(0), To: dkk(100)}, "o"}})
	if err != nil || !f.Rows[0].Test {
		t.Errorf("fileOf in test mode: %+v, %v", f, err)
	}
}

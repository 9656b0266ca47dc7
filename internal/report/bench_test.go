package report

import (
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"flexform/apply"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// The goal for each renderer, 10,000 actions: under 2 s and 200 MB.
const (
	benchActions = 10000
	maxTime      = 2 * time.Second
	maxAlloc     = 200 << 20
)

// measure runs write as a benchmark, says how much it writes and allocates, and
// fails when a run takes more than the goal. Everything that is allocated
// counts, which is more than the peak.
func measure(b *testing.B, write func(io.Writer) error) {
	b.Helper()
	b.ReportAllocs()
	var out counter
	if err := write(&out); err != nil {
		b.Fatal(err)
	}
	defer func() { b.ReportMetric(float64(out), "written/op") }()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		if err := write(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if took := b.Elapsed() / time.Duration(b.N); took > maxTime {
		b.Errorf("took %v, the goal is %v", took, maxTime)
	}
	if size := (after.TotalAlloc - before.TotalAlloc) / uint64(b.N); size > maxAlloc {
		b.Errorf("allocated %d MB, the goal is %d", size>>20, maxAlloc>>20)
	}
}

// A counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func BenchmarkEvents(b *testing.B) {
	p, r := largeResult()
	measure(b, func(w io.Writer) error {
		e := &EventWriter{W: w, Now: func() time.Time { return noon }}
		for _, l := range resultLists(r) {
			for _, a := range l.results {
				for _, kind := range []apply.EventKind{apply.EventIntent, apply.EventCall, apply.EventOutcome} {
					if err := e.Event(apply.Event{Kind: kind, Result: a}); err != nil {
						return err
					}
				}
			}
		}
		return e.End(ending(p, r, 0))
	})
}

func BenchmarkResultJUnit(b *testing.B) {
	p, r := largeResult()
	measure(b, func(w io.Writer) error { return ResultJUnit(w, ending(p, r, 4)) })
}

func BenchmarkResultCSV(b *testing.B) {
	p, r := largeResult()
	measure(b, func(w io.Writer) error { return ResultCSV(w, ending(p, r, 4)) })
}

func BenchmarkPlanText(b *testing.B) {
	p := newPlan(schema.ModeLive, recall(benchActions))
	measure(b, func(w io.Writer) error { return PlanText(w, p, PlanOptions{Style: Style{Width: 120, Color: true}}) })
}

func BenchmarkPlanMarkdown(b *testing.B) {
	p := newPlan(schema.ModeLive, recall(benchActions))
	measure(b, func(w io.Writer) error { return PlanMarkdown(w, p, PlanOptions{}) })
}

func BenchmarkPlanHTML(b *testing.B) {
	p := newPlan(schema.ModeLive, recall(benchActions))
	measure(b, func(w io.Writer) error { return PlanHTML(w, p, PlanOptions{}) })
}

func BenchmarkPlanCSV(b *testing.B) {
	p := newPlan(schema.ModeLive, recall(benchActions))
	measure(b, func(w io.Writer) error { return PlanCSV(w, p) })
}

func BenchmarkPlanJSON(b *testing.B) {
	actions := recall(benchActions)
	for i := range actions {
		actions[i].AmountMinor = max(actions[i].AmountMinor, actions[i].ToMinor)
	}
	large := newPlan(schema.ModeLive, actions)
	large.Body.SettingsDigest, large.Envelope.ConfigDigest, large.Envelope.Folder = digestA, digestA, "."
	p, err := plan.Seal(plan.Draft{Body: large.Body, Counts: large.Envelope.Counts, Positions: large.Envelope.Positions}, large.Envelope)
	if err != nil {
		b.Fatal(err)
	}
	measure(b, func(w io.Writer) error {
		data, err := plan.Encode(p)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
}

func BenchmarkStatusText(b *testing.B) {
	status := largeStatus(b)
	measure(b, func(w io.Writer) error { return StatusText(w, status, Style{Width: 120, Color: true}) })
}

func BenchmarkStatusJSON(b *testing.B) {
	status := largeStatus(b)
	measure(b, func(w io.Writer) error { return StatusJSON(w, status) })
}

func largeStatus(b *testing.B) Status {
	in := StatusInput{Config: &schema.Config{}, State: records{}}
	for i := range benchActions {
		in.Config.Transactions = append(in.Config.Transactions, declared(b, i, schema.Total{Declared: true, Full: true}, schema.Total{}))
	}
	return NewStatus(in)
}

func BenchmarkHistoryText(b *testing.B) {
	entries := largeHistory()
	measure(b, func(w io.Writer) error { return HistoryText(w, sequence(entries, nil), Style{Color: true}) })
}

func BenchmarkHistoryJSON(b *testing.B) {
	entries := largeHistory()
	measure(b, func(w io.Writer) error { return HistoryJSON(w, sequence(entries, nil)) })
}

func largeHistory() []statefile.Entry {
	var entries []statefile.Entry
	for len(entries) < 2*benchActions {
		entries = append(entries, sampleEntries()...)
	}
	return entries
}

func BenchmarkResultText(b *testing.B) {
	p, r := largeResult()
	measure(b, func(w io.Writer) error { return ResultText(w, p, r, Style{Width: 120, Color: true}) })
}

func BenchmarkResultJSON(b *testing.B) {
	p, r := largeResult()
	measure(b, func(w io.Writer) error { return ResultJSON(w, ending(p, r, 0)) })
}

func largeResult() (*plan.Plan, apply.Result) {
	p := newPlan(schema.ModeLive, recall(benchActions))
	r := apply.Result{Plan: p.Digest}
	for i, a := range p.Body.Actions {
		if i%2 == 0 {
			r.Done = append(r.Done, outcome(a, apply.FateSettled, 0, ""))
		} else {
			r.Unknown = append(r.Unknown, outcome(a, apply.FateUnknown, 1, "no reply within 60 s"))
		}
	}
	return p, r
}

func BenchmarkDiagnostics(b *testing.B) {
	var diags hcl.Diagnostics
	src := []byte{}
	for range benchActions {
		start := len(src)
		src = append(src, "11111111,11223344,200.00,DKK\n"...)
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "S", Detail: "Why, and what to do.", Subject: &hcl.Range{
			Filename: "a.csv", Start: hcl.Pos{Line: len(diags) + 1, Column: 1, Byte: start}, End: hcl.Pos{Line: len(diags) + 1, Column: 9, Byte: start + 8}}})
	}
	measure(b, func(w io.Writer) error {
		return Diagnostics(w, map[string][]byte{"a.csv": src}, diags, Style{Width: 120})
	})
}

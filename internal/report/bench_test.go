package report

import (
	"io"
	"runtime"
	"testing"
	"time"

	"flexform/schema"
)

// The goal for each renderer, 10,000 actions: under 2 s and 200 MB.
const (
	benchActions = 10000
	maxTime      = 2 * time.Second
	maxAlloc     = 200 << 20
)

// measure runs write as a benchmark and fails it when a run takes more than
// the goal. Everything that is allocated counts, which is more than the peak.
func measure(b *testing.B, write func(io.Writer) error) {
	b.Helper()
	b.ReportAllocs()
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

func BenchmarkPlanText(b *testing.B) {
	p := newPlan(schema.ModeLive, recall(benchActions))
	measure(b, func(w io.Writer) error { return PlanText(w, p, PlanOptions{Style: Style{Width: 120, Color: true}}) })
}

func BenchmarkPlanMarkdown(b *testing.B) {
	p := newPlan(schema.ModeLive, recall(benchActions))
	measure(b, func(w io.Writer) error { return PlanMarkdown(w, p, PlanOptions{}) })
}

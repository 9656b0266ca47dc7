package apply

import (
	"path/filepath"
	"testing"
	"time"

	"flexform/dibs/sandbox"
)

// BenchmarkApply refunds b.N transactions over loopback, with the ledger and
// the sandbox's store on disk: goal 1,500 actions a second on two cores.
func BenchmarkApply(b *testing.B) {
	s := newStreet(b, sandbox.Options{Store: filepath.Join(b.TempDir(), "store.db")}, b.N, 0)
	runner := s.runner()
	runner.Merchants[shop] = Merchant{Gateway: s.client, Reader: s.client, Login: true, Concurrency: 16}
	runner.Now = time.Now
	p := planOf(refunds(b.N)...)
	b.ResetTimer()
	got := s.run(runner, p)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "actions/s")
	if !got.Complete() || got.Settling() != 0 {
		b.Errorf("%d done of %d, stopped: %s", len(got.Done), b.N, got.Stopped)
	}
	s.refunded(b, 5000)
}

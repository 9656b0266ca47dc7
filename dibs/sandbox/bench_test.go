//go:build unix

package sandbox_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"flexform/dibs/sandbox"
)

// benchmarkCalls has 32 clients call one after the other, each call on a fresh
// loopback connection, and reports calls a second. It also reports the
// processor time of a call, client and gateway together: on a machine that does
// other work as well, that says more.
func benchmarkCalls(b *testing.B, o sandbox.Options, send func(base string, n int64) (string, error), want string) {
	var seed strings.Builder
	seed.WriteString("transact,orderid,amount,currency,status\n")
	for i := range 1000 {
		fmt.Fprintf(&seed, "%d,11223344,20000000.00,DKK,captured\n", 11110000+i)
	}
	s := sandbox.Start(b, o, readSeed(b, seed.String())...)
	var n atomic.Int64
	b.SetParallelism(16) // for each of the two cores
	b.ResetTimer()
	before := processorTime(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if reply, err := send(s.URL, n.Add(1)); err != nil || !strings.HasPrefix(reply, want) {
				b.Errorf("reply %q, error %v", reply, err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/call")
}

// processorTime is what this process has used of all processors.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func BenchmarkStatus(b *testing.B) {
	benchmarkCalls(b, sandbox.Options{}, func(base string, n int64) (string, error) {
		return tryCall(base, "/transstatus.pml", fmt.Sprintf("merchant=12345678&transact=%d", 11110000+n%1000))
	}, "5")
}

func BenchmarkDurableRefund(b *testing.B) {
	o := sandbox.Options{Store: filepath.Join(b.TempDir(), "store.db"), Users: []sandbox.User{{Name: "api", Password: "secret"}}}
	benchmarkCalls(b, o, func(base string, n int64) (string, error) {
		return tryCall(base, "/cgi-adm/refund.cgi",
			fmt.Sprintf("merchant=12345678&transact=%d&orderid=11223344&amount=1&currency=208&textreply=yes", 11110000+n%1000))
	}, "status=ACCEPTED&result=0&")
}

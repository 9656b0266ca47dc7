package statefile

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// long makes a ledger of n actions in memory: intent, outcome, verdict.
func long(tb testing.TB, actions int) []byte {
	tb.Helper()
	var buf []byte
	c, l := new(chain), newLayer(nil)
	at := time.Date(2026, 11, 2, 10, 0, 0, 123456000, time.UTC)
	put := func(p Payload) {
		var err error
		if buf, _, err = c.write(buf, l, p, at); err != nil {
			tb.Fatal(err)
		}
	}
	put(Created{FormatVersion, "00112233445566778899aabbccddeeff"})
	put(benchBegin(actions))
	for i := range actions {
		intent := benchIntent(i)
		put(intent)
		put(Outcome{Action: intent.Action, Result: Accepted, Code: new(int), Reply: "status=ACCEPTED&result=0&transact=" + intent.Transact})
		put(Observed{Merchant: intent.Merchant, Transact: intent.Transact, Status: 11, Action: intent.Action, Verdict: VerdictSettled})
	}
	return buf
}

const benchPlan = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func benchBegin(actions int) Begin {
	return Begin{Plan: benchPlan, Mode: "sandbox", Actions: actions, Actor: Actor{"anna", "build7", 4711}, Version: "0.1.0"}
}

func benchIntent(i int) Intent {
	v := Intent{
		Plan: benchPlan, Address: fmt.Sprintf("transaction.recall[\"%d\"]", 11111111+i), Merchant: "12345678",
		Transact: fmt.Sprint(11111111 + i), OrderID: fmt.Sprint(11223344 + i), Verb: Refund, Currency: "DKK", AmountMinor: 20000,
		ToMinor: 20000, Attempt: 1, Class: "self-limiting", Status: 5, Reason: "recall 2026-11: lot 77",
	}
	step, err := v.Step()
	if err != nil {
		panic(err)
	}
	v.Action = ActionID(step, 1)
	return v
}

func BenchmarkRead(b *testing.B) {
	ledger := long(b, 33_333)
	b.SetBytes(int64(len(ledger)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := readState("x", bytes.NewReader(ledger)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/entry")
}

func BenchmarkEncode(b *testing.B) {
	intent := benchIntent(0)
	e := Entry{Seq: 12, Time: time.Date(2026, 11, 2, 10, 0, 0, 123456000, time.UTC), Kind: KindIntent, Prev: benchPlan, Intent: &intent}
	var buf []byte
	for b.Loop() {
		var err error
		if buf, _, err = appendLine(buf[:0], &e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 16} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			f, err := Open(filepath.Join(b.TempDir(), "flexform.ledger"), Options{Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			if _, err := f.Append(context.Background(), benchBegin(b.N)); err != nil {
				b.Fatal(err)
			}
			var group sync.WaitGroup
			b.ResetTimer()
			for w := range writers {
				group.Go(func() {
					for i := w; i < b.N; i += writers {
						intent := benchIntent(i)
						if _, err := f.Append(context.Background(), intent); err != nil {
							b.Error(err)
							return
						}
						if _, err := f.Append(context.Background(), Outcome{Action: intent.Action, Result: Accepted, Code: new(int)}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// The whole way to a line: checked, encoded, hashed, read back and folded.
func BenchmarkWrite(b *testing.B) {
	var buf []byte
	c, l := new(chain), newLayer(nil)
	at := time.Date(2026, 11, 2, 10, 0, 0, 123456000, time.UTC)
	put := func(p Payload) {
		var err error
		if buf, _, err = c.write(buf[:0], l, p, at); err != nil {
			b.Fatal(err)
		}
	}
	put(Created{FormatVersion, "x"})
	put(benchBegin(1 << 30))
	for i := 0; b.Loop(); i++ {
		intent := benchIntent(i)
		put(intent)
		put(Outcome{Action: intent.Action, Result: Accepted, Code: new(int)})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/entry")
}

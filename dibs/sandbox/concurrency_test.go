package sandbox_test

import (
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"flexform/dibs/sandbox"
	"flexform/money"
)

// TestConcurrentRefunds: sixteen clients refund one transaction at once; as
// much is accepted as was captured, and not an øre more.
func TestConcurrentRefunds(t *testing.T) {
	s := sandbox.Start(t, sandbox.Options{Store: filepath.Join(t.TempDir(), "store.db")}, readSeed(t, captured20)...)
	var accepted, declined atomic.Int64
	var work sync.WaitGroup
	for range 16 {
		work.Go(func() {
			for range 5 {
				switch reply, err := tryRefund(s.URL, refundForm(70)); {
				case err != nil:
					t.Error(err)
				case strings.HasPrefix(reply, "status=ACCEPTED&result=0&"):
					accepted.Add(1)
				case reply == "status=DECLINED&result=7&reason=7":
					declined.Add(1)
				default:
					t.Errorf("unexpected reply %q", reply)
				}
			}
		})
	}
	work.Wait()
	if accepted.Load() != 2000/70 || declined.Load() != 80-2000/70 {
		t.Errorf("%d accepted, %d declined; want %d and %d", accepted.Load(), declined.Load(), 2000/70, 80-2000/70)
	}
	checkMoney(t, "afterwards", s.Gateway, "11111111 8 20.00 19.60")
	seen := map[uint64]bool{}
	for _, c := range s.Gateway.Calls(sandbox.Filter{}) {
		if seen[c.Seq] {
			t.Errorf("two calls have number %d", c.Seq)
		}
		seen[c.Seq] = true
	}
}

// TestHistories plays random histories against the simplest possible books:
// two numbers, changed by what was accepted and by what the acquirer refused.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]sandbox.SettleMode{sandbox.Instant, sandbox.Manual}).Draw(t, "mode")
		g, err := sandbox.Open(sandbox.Options{Settle: mode, Now: noon, SingleRefund: rapid.Bool().Draw(t, "single")})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		dkk, err := money.ParseCurrency("DKK")
		if err != nil {
			t.Fatal(err)
		}
		minor := func(n int64) money.Amount {
			a, err := money.New(n, dkk)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if err := g.Seed([]sandbox.Transaction{{Transact: "111111", OrderID: "1", Amount: minor(10), Status: sandbox.StatusAuthorised}}); err != nil {
			t.Fatal(err)
		}
		var captured, refunded int64
		var undo func()
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			a := rapid.Int64Range(1, 11).Draw(t, "amount")
			switch rapid.SampledFrom([]string{"capture", "refund", "refund", "cancel", "settle", "decline"}).Draw(t, "do") {
			case "capture":
				if g.BackOffice(sandbox.MoveCapture, "111111", minor(a)) == nil {
					captured += a
					undo = func() { captured -= a }
				}
			case "refund":
				if g.BackOffice(sandbox.MoveRefund, "111111", minor(a)) == nil {
					refunded += a
					undo = func() { refunded -= a }
				}
			case "cancel":
				if g.BackOffice(sandbox.MoveCancel, "111111", money.Amount{}) == nil && captured > 0 {
					t.Fatalf("cancelled with %d captured", captured)
				}
			case "settle":
				if _, err := g.Settle(); err != nil {
					t.Fatal(err)
				}
			case "decline":
				if g.Decline("111111") == nil {
					undo()
				}
			}
			tr, _ := g.Transaction("111111")
			if tr.Captured.Minor() != captured || tr.Refunded.Minor() != refunded {
				t.Fatalf("captured %s, refunded %s; the books say %d and %d", tr.Captured, tr.Refunded, captured, refunded)
			}
			if refunded > captured || captured > 10 {
				t.Fatalf("impossible: captured %d, refunded %d of 10", captured, refunded)
			}
			if sum := sumOf(tr.Moves); sum != [2]int64{captured, refunded} {
				t.Fatalf("moves add up to %v, want %d and %d", sum, captured, refunded)
			}
			if done := tr.Status == sandbox.StatusRefunded; done && refunded != captured {
				t.Fatalf("%s with captured %d, refunded %d", tr.Status, captured, refunded)
			}
		}
	})
}

func sumOf(moves []sandbox.Move) [2]int64 {
	var sum [2]int64
	for _, m := range moves {
		switch m.Kind {
		case sandbox.MoveCapture:
			sum[0] += m.Amount.Minor()
		case sandbox.MoveCaptureDeclined:
			sum[0] -= m.Amount.Minor()
		case sandbox.MoveRefund:
			sum[1] += m.Amount.Minor()
		case sandbox.MoveRefundDeclined:
			sum[1] -= m.Amount.Minor()
		}
	}
	return sum
}

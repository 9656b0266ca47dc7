package sandbox_test

import (
	"testing"
	"time"

	"flexform/dibs/sandbox"
)

func TestSettleDue(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	g, err := sandbox.Open(sandbox.Options{Settle: sandbox.SettleMode(time.Minute), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Seed(readSeed(t, "transact,orderid,amount,currency,status\n11111111,1,20.00,DKK,captured\n22222222,2,20.00,DKK,authorised\n")); err != nil {
		t.Fatal(err)
	}
	if err := g.BackOffice(sandbox.MoveRefund, "11111111", amount(t, "20.00 DKK")); err != nil {
		t.Fatal(err)
	}
	now = now.Add(30 * time.Second)
	if err := g.BackOffice(sandbox.MoveCapture, "22222222", amount(t, "20.00 DKK")); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		after time.Duration
		want  string
	}{
		{0, "11111111 15 20.00 20.00\n22222222 12 20.00 0.00"},
		{29 * time.Second, "11111111 15 20.00 20.00\n22222222 12 20.00 0.00"},
		{time.Second, "11111111 9 20.00 20.00\n22222222 12 20.00 0.00"},
		{30 * time.Second, "11111111 9 20.00 20.00\n22222222 3 20.00 0.00"},
		{time.Hour, "11111111 11 20.00 20.00\n22222222 5 20.00 0.00"},
	}
	for _, step := range steps {
		now = now.Add(step.after)
		if _, err := g.SettleDue(); err != nil {
			t.Fatal(err)
		}
		checkMoney(t, now.Format(time.TimeOnly), g, step.want)
	}
}

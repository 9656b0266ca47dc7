package sandbox

import (
	"testing"

	"flexform/money"
)

// What the parts of a split capture is authorised once, with its base.
func TestTotalsOfSplit(t *testing.T) {
	dkk := func(text string) money.Amount {
		a, err := money.Parse(text + " DKK")
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	base := &record{Transaction: Transaction{Transact: "1", Status: StatusSplitOpen, Amount: dkk("100.00"), Captured: dkk("0.00"), Refunded: dkk("0.00")}}
	part := func(amount, refunded string) *record {
		return &record{Transaction: Transaction{Transact: "2", Status: 5, Amount: dkk(amount), Captured: dkk(amount), Refunded: dkk(refunded), Details: Details{Base: "1"}}}
	}
	got := totals([]*record{base, part("60.00", "10.00"), part("30.00", "0.00")})
	if len(got) != 1 || got[0].Count != 3 || got[0].Amount != dkk("100.00") || got[0].Captured != dkk("90.00") || got[0].Refunded != dkk("10.00") {
		t.Errorf("totals = %v, want 100.00 authorised, 90.00 captured and 10.00 refunded", got)
	}
}

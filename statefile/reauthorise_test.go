package statefile

import "testing"

// An authorisation can be approved again as often as it grows old, and no
// total, nor a person's word for it, is touched by that.
func TestReauthorise(t *testing.T) {
	again := func(attempt int) Intent {
		return intent("11111111", Reauthorise, 0, 20000, attempt, func(v *Intent) { v.Class, v.Status = "moneyless", 6 })
	}
	capture := func(attempt int) Intent {
		return intent("11111111", Capture, 0, 20000, attempt, func(v *Intent) { v.Class, v.Status = "self-limiting", 2 })
	}
	s, err := Fold(
		Adopted{Merchant: "12345678", Transact: "11111111", OrderID: "11223344", Currency: "DKK", AmountMinor: 20000, Status: 6, Evidence: "console", Actor: anna},
		begin(planA, 4),
		again(1), outcome(again(1), Accepted),
		capture(1), outcome(capture(1), Declined),
		again(2), outcome(again(2), Unknown), observed(again(2), 2, VerdictDone), observed(again(2), 2, VerdictSettled),
	)
	if err != nil {
		t.Fatal(err)
	}
	tr, _ := s.Transaction(Key{"12345678", "11111111"})
	if !tr.Adopted || !tr.Captured.Zero() || tr.Cancelled || len(tr.Actions) != 3 {
		t.Errorf("transaction = %+v, want the adopted totals as they were", tr)
	}
	if a, _ := s.Action(again(2).Action); a.State != ActionDone {
		t.Errorf("%s is %s, want done", a.ID, a.State)
	}
	if s, err = Fold(begin(planA, 2), again(1), outcome(again(1), Accepted), capture(1), outcome(capture(1), Accepted)); err != nil {
		t.Fatal(err)
	}
	if tr, _ := s.Transaction(Key{"12345678", "11111111"}); tr.Captured.Minor() != 20000 {
		t.Errorf("captured = %s, want 200.00 DKK", tr.Captured)
	}
	if _, err := Fold(begin(planA, 2), again(1), outcome(again(1), Accepted),
		Adopted{Merchant: "12345678", Transact: "11111111", Currency: "DKK", AmountMinor: 20000, Status: 2, Evidence: "console", Actor: anna},
		observed(again(1), 2, VerdictSettled)); err != nil {
		t.Errorf("adopted totals end an accepted reauthorise, which they say nothing about: %v", err)
	}
}

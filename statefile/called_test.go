package statefile

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// A call by hand changes no total; it touches its transaction, and blocks it
// until it is known that nothing happened or a person stated the totals.
func TestCallsByHand(t *testing.T) {
	capture := intent("11111111", Capture, 0, 20000, 1, func(v *Intent) { v.Status = 2 })
	refund := intent("11111111", Refund, 0, 5000, 1)
	called := Called{Service: "refund.cgi", Merchant: "12345678", Mode: "sandbox", Transact: "11111111", Parameters: "transact=11111111", Actor: anna}
	other := called
	other.Transact = ""
	before := []Payload{begin(planA, 2), capture, outcome(capture, Accepted), observed(capture, 5, VerdictSettled)} // entries 2 to 5
	adopted := Adopted{
		Merchant: "12345678", Transact: "11111111", OrderID: "11223344", Currency: "DKK", AmountMinor: 20000, CapturedMinor: 20000,
		Status: 5, Evidence: "seen in the console", Actor: anna,
	}
	answer := func(r Result) Answered { return Answered{Call: 6, Result: r} }
	for name, tt := range map[string]struct {
		then    []Payload
		blocked bool
		touched bool
	}{
		"not answered":         {[]Payload{called}, true, true},
		"accepted":             {[]Payload{called, answer(Accepted)}, true, true},
		"unknown":              {[]Payload{called, answer(Unknown)}, true, true},
		"declined":             {[]Payload{called, answer(Declined)}, false, true},
		"not sent":             {[]Payload{called, answer(NotSent)}, false, true},
		"adopted":              {[]Payload{called, answer(Accepted), adopted}, false, true},
		"adopted, then told":   {[]Payload{called, adopted, answer(Accepted)}, false, true},
		"one of two declined":  {[]Payload{called, called, answer(Declined)}, true, true},
		"about no transaction": {[]Payload{other, answer(Accepted)}, false, false},
	} {
		s, err := Fold(append(before[:4:4], tt.then...)...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		key := Key{"12345678", "11111111"}
		tr, _ := s.Transaction(key)
		if tr.Captured.Minor() != 20000 || len(tr.Calls) > 0 != tt.blocked || tr.Final() == tt.blocked || s.TouchedSince(key, 5) != tt.touched {
			t.Errorf("%s: %+v, touched %v, want blocked %v and touched %v", name, tr, s.TouchedSince(key, 5), tt.blocked, tt.touched)
		}
		_, err = Fold(append(append(before[:4:4], tt.then...), refund)...)
		if tt.blocked != (err != nil) {
			t.Errorf("%s: a refund after it: %v, want it blocked: %v", name, err, tt.blocked)
		}
	}
}

// What a person types is refused when it holds a card number; what the gateway
// says is masked.
func TestCallsByHandKeepNoCard(t *testing.T) {
	f, err := Open(filepath.Join(t.TempDir(), "flexform.ledger"), Options{Now: clock(), Actor: anna})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	called := Called{Service: "ticket_auth.cgi", Merchant: "12345678", Mode: "sandbox", Parameters: "orderid=4111111111111111", Actor: anna}
	if _, err := f.Append(t.Context(), called); err == nil {
		t.Error("a card number was taken into the ledger")
	} else if _, ok := errors.AsType[*ImpossibleError](err); !ok {
		t.Errorf("error %v, want *ImpossibleError", err)
	}
	called.Parameters = "orderid=1"
	if _, err := f.Append(t.Context(), called); err != nil {
		t.Fatal(err)
	}
	entries, err := f.Append(t.Context(), Answered{Call: 2, Result: Accepted, Reply: "cardno=4111111111111111"})
	if err != nil || strings.Contains(entries[0].Answered.Reply, "1111") {
		t.Errorf("reply %+v, %v, want it masked", entries, err)
	}
}

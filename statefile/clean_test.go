package statefile

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// R74: no card number gets on the disk, in no field and no spelling.
func TestCards(t *testing.T) {
	for text, want := range map[string]string{
		"4111111111111111":                        "****************",
		"card 4111 1111 1111 1111 ok":             "card **** **** **** **** ok",
		"4111-1111-1111-1111":                     "****-****-****-****",
		"378282246310005":                         "***************",
		"3782 822463 10005":                       "**** ****** *****",
		"cardnomask=4222222222222&x=1":            "cardnomask=*************&x=1",
		"6304000000000000001":                     "6304000000000000001", // wrong check digit
		"4111111111111112":                        "4111111111111112",
		"20261102 4111111111111111":               "20261102 ****************",
		"transact=11111111&amount=20000&status=5": "transact=11111111&amount=20000&status=5",
		"2026-11-02 14:05 11223344":               "2026-11-02 14:05 11223344",
		"0000000000000000":                        "0000000000000000",
		"411111111111111141111111111111":          "411111111111111141111111111111", // one run, too long for a card
		"x4111111111111111x4111111111111111":      "x****************x****************",
		"":                                        "",
	} {
		if got := maskCards(text, ""); got != want {
			t.Errorf("maskCards(%q) = %q, want %q", text, got, want)
		}
	}
	if got := maskCards("transact=4111111111111111", "4111111111111111"); !strings.Contains(got, "4111") {
		t.Errorf("the transaction's own number was masked: %q", got)
	}
}

const card = "4111111111111111"

// What people wrote is refused, what the gateway said is masked: an outcome has
// to be recorded.
func TestCardsInEntries(t *testing.T) {
	started := []Payload{begin(planA, 9)}
	for name, p := range map[string]Payload{
		"order id": intent("11111111", Refund, 0, 1, 1, func(v *Intent) { v.OrderID = card }),
		"reason":   intent("11111111", Refund, 0, 1, 1, func(v *Intent) { v.Reason = "card 4111 1111 1111 1111" }),
		"address":  intent("11111111", Refund, 0, 1, 1, func(v *Intent) { v.Address = `transaction.x["` + card + `"]` }),
		"evidence": Adopted{Merchant: "1", Transact: "2", Currency: "DKK", Evidence: card},
	} {
		if _, err := Fold(append(started[:1:1], p)...); !isA[*ImpossibleError](err) || !strings.Contains(err.Error(), "card number") {
			t.Errorf("a card number as %s: %v", name, err)
		}
	}
	v := intent(card, Refund, 0, 1, 1)
	s, err := Fold(append(started, v, Outcome{Action: v.Action, Result: Declined, Message: "transact " + card + ", card 4012888888881881"})...)
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := s.Action(v.Action); a.Message != "transact "+card+", card ****************" {
		t.Errorf("message %q", a.Message)
	}
}

// Whatever bytes the gateway sends, its answer can be recorded and read again.
func TestAnyReplyCanBeRecorded(t *testing.T) {
	v := intent("11111111", Refund, 0, 1, 1)
	for name, reply := range map[string]string{
		"Latin-1":  "message=Gr\xf8n",
		"controls": "\x00\x1b[31m\u2028",
		"long":     strings.Repeat("\x01æ", maxLine),
	} {
		ledger := written(t, begin(planA, 1), v, Outcome{Action: v.Action, Result: Unknown, Message: reply, Reply: reply})
		s, _, err := verify(ledger)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a, _ := s.Action(v.Action); a.State != ActionUnknown || !utf8.ValidString(a.Message) || len(a.Message) > maxMessage {
			t.Errorf("%s: %v with a message of %d bytes", name, a.State, len(a.Message))
		}
	}
	long := intent("11111111", Refund, 0, 1, 1, func(v *Intent) { v.Reason = strings.Repeat("x", maxLine) })
	if _, err := Fold(begin(planA, 1), long); !isA[*ImpossibleError](err) {
		t.Errorf("an intent longer than a line may be: %v", err)
	}
}

package sandbox

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A card is what remains of a card number once it was read: nothing that could
// be used to pay.
type card struct {
	payType string // "VISA"; empty for a ticket's
	prefix  string // first six digits
	mask    string // last four digits behind Xs
	expiry  string // YYMM
	fails   script
	ticket  string // what it was stored as; empty: its number was sent
}

// A script is what a test card has in store, by its number.
type script struct {
	At   stage `json:"at,omitempty"`
	Code int   `json:"code,omitempty"` // of flexwin.md 4.3 or 4.4, as it is due there
}

// A stage is where a script plays. The zero value plays nowhere.
type stage string

const (
	stageAuth    stage = "auth"    // declined with that reason
	stageCapture stage = "capture" // approved; every capture fails with that result
	stageRefund  stage = "refund"  // approved and captured; every refund fails with that result
	stageSuspect stage = "suspect" // approved, and reported as suspect with that severity
	stageReauth  stage = "reauth"  // approved; authorising again fails with that reason
	stageTicket  stage = "ticket"  // approved as a ticket; payments from it fail with that reason
)

// families are the fifth digit of a test card's number. The first three are
// those of flexwin.md 10; the others play what the documentation has no card
// for.
var families = map[byte]stage{
	'1': stageAuth, '2': stageCapture, '3': stageRefund, '4': stageSuspect, '5': stageReauth, '6': stageTicket,
}

// testExpiry is the expiry date of the test cards in all documentation. It
// passes forever; any other date that is over means an expired card.
const testExpiry = "2406"

// readCard reads the card of an authorisation (flexwin.md 5.1). The checks are
// those that FlexWin itself makes; what the acquirer says is in the script.
func readCard(q query, shop Merchant, now time.Time) (card, *refusal) {
	number, month, year, cvc := q.params["cardno"], q.params["expmon"], q.params["expyear"], q.params["cvc"]
	switch {
	case !isNumber(number, 11, 19):
		return card{}, wrongArgument("cardno")
	case !isNumber(month, 2, 2) || month < "01" || month > "12":
		return card{}, wrongArgument("expmon")
	case !isNumber(year, 2, 2):
		return card{}, wrongArgument("expyear")
	case cvc == "" && shop.RequireCVC:
		return card{}, &refusal{code: reasonNoCVC}
	case cvc != "" && !isNumber(cvc, 3, 4):
		return card{}, wrongArgument("cvc")
	}
	read := card{
		payType: payTypeOf(number), prefix: number[:6], expiry: year + month,
		mask: strings.Repeat("X", len(number)-4) + number[len(number)-4:],
	}
	switch {
	case expired(read.expiry, now):
		return card{}, &refusal{code: reasonExpired}
	case read.payType == "":
		return card{}, &refusal{code: reasonCardType}
	case !read.is(q.text("cardtype")) || !read.is(q.text("paytype")):
		return card{}, &refusal{code: reasonOtherCard}
	}
	read.fails = scriptOf(number)
	return read, nil
}

// is reports whether a stated type, or one of a list of them, is the card's.
// "VISA(DK)" is a VISA.
func (c card) is(stated string) bool {
	if stated == "" {
		return true
	}
	return slices.ContainsFunc(strings.Split(stated, ","), func(s string) bool {
		base, _, _ := strings.Cut(strings.TrimSpace(s), "(")
		return strings.EqualFold(base, c.payType)
	})
}

// expired reports whether a card with this YYMM is past its last month. No date
// is none that is over.
func expired(expiry string, now time.Time) bool {
	return expiry != "" && expiry != testExpiry && expiry < now.Format("0601")
}

// scriptOf reads the test table: four digits of the card's type, a family, nine
// zeros and the code, 00 for none. Any other number is rejected by the
// acquirer, reason 0.
func scriptOf(number string) script {
	unlisted := script{At: stageAuth, Code: int(reasonRejected)}
	if len(number) != 16 || strings.Trim(number[5:14], "0") != "" {
		return unlisted
	}
	at, listed := families[number[4]]
	code, err := strconv.Atoi(number[14:])
	switch {
	case err != nil || !listed:
		return unlisted
	case code == 0:
		return script{}
	case at != stageSuspect && code != 20 && (code > 15 || code == 13):
		return unlisted
	}
	return script{At: at, Code: code}
}

// payTypeOf tells a card's type by its first digits, or "".
func payTypeOf(number string) string {
	for _, t := range []struct{ from, to, payType string }{
		{"5019", "5019", "DK"}, {"4571", "4571", "V-DK"}, {"4", "4", "VISA"}, {"51", "55", "MC"}, {"2221", "2720", "MC"},
		{"34", "34", "AMEX"}, {"37", "37", "AMEX"}, {"35", "35", "JCB"}, {"30", "30", "DIN"}, {"36", "36", "DIN"}, {"38", "38", "DIN"},
		{"600722", "600722", "FFK"}, {"50", "50", "MTRO"}, {"56", "58", "MTRO"}, {"6", "6", "MTRO"},
	} {
		if start := number[:len(t.from)]; t.from <= start && start <= t.to {
			return t.payType
		}
	}
	return ""
}

// isDankort reports whether it is a card that cannot be authorised again but
// can be null-authorised.
func isDankort(payType string) bool { return payType == "DK" || payType == "V-DK" }

// plays reports whether the script is due here, and its code.
func (s script) plays(at stage) (resultCode, bool) { return resultCode(s.Code), s.At == at }

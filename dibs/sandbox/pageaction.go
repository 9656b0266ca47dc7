package sandbox

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// The actions that have a button. The first three are also kinds of moves.
const (
	actCapture = string(MoveCapture)
	actRefund  = string(MoveRefund)
	actCancel  = string(MoveCancel)
	actSettle  = "settle"
	actDecline = "decline"
)

// An actionView is a button that acts as the back-office, or why it is not
// there.
type actionView struct {
	Name, Text, Href string
	Currency, Amount string // of its field; without a currency it has none
	Problem          string // with what was written into the field
	Refused          string // why it cannot be done now
}

// actions returns what the back-office, or the acquirer of something in flight,
// can do with t, and last what the back-office cannot.
// A field that was filled in wrongly keeps what was written.
func (g *Gateway) actions(t *record, a attempt) []actionView {
	left, refundable, currency := minus(t.Amount, t.Captured), minus(t.Captured, t.Refunded), t.Amount.Currency().Code()
	noRefund := refusedText(t, mayRefund(t, refundable, g.single))
	switch {
	case g.single && !t.Refunded.Zero() && !refundable.Zero():
		noRefund = "It was refunded once, and the gateway allows a single refund."
	case noRefund == "" && refundable.Zero(): // called captured by changestatus.cgi
		noRefund = "Nothing was captured."
	}
	var possible, impossible []actionView
	if t.Status.inFlight() {
		possible = append(possible,
			actionView{Name: actSettle, Text: "Settle one step", Href: actionHref(t, actSettle)},
			actionView{Name: actDecline, Text: "Decline as the acquirer", Href: actionHref(t, actDecline)})
	}
	for _, v := range []actionView{
		{Name: actCapture, Text: "Capture", Currency: currency, Amount: left.Decimal(), Refused: refusedText(t, mayCapture(t, left, g.now(), false))},
		{Name: actRefund, Text: "Refund", Currency: currency, Amount: refundable.Decimal(), Refused: noRefund},
		{Name: actCancel, Text: "Cancel the authorisation", Refused: refusedText(t, mayCancel(t))},
	} {
		v.Href = actionHref(t, v.Name)
		if v.Name == a.Action && a.Field != "" {
			v.Amount, v.Problem = a.Amount, a.Field
		}
		if v.Refused == "" {
			possible = append(possible, v)
		} else {
			impossible = append(impossible, v)
		}
	}
	return append(possible, impossible...)
}

func actionHref(t *record, name string) string { return transactionHref(t.Transact) + "/" + name }

// refusedText says why t does not allow an action, or nothing.
func refusedText(t *record, code resultCode) string {
	switch code {
	case resultAccepted:
		return ""
	case resultStatusForbids:
		return fmt.Sprintf("Status %s does not allow it.", t.Status)
	}
	return sentence(resultWords(code)) + "."
}

// refusalText says why a button did not do what it is for.
func refusalText(err error) string {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return fmt.Sprintf("The %s was refused: %s (result %d).", refused.Kind, resultWords(resultCode(refused.Result)), refused.Result)
	}
	return sentence(err.Error()) + "."
}

// resultWords says what a result code of the handling calls means.
func resultWords(code resultCode) string {
	words := map[resultCode]string{
		0: "accepted", 1: "no response from the acquirer", 2: "timeout", 3: "credit card expired", 4: "rejected by the acquirer",
		5: "the authorisation is older than 7 days", 6: "the status does not allow it", 7: "the amount is too high",
		8: "error in the parameters", 9: "the order id is not the authorisation's", 10: "re-authorisation rejected",
		11: "not able to communicate with the acquirer", 12: "confirm request error", 14: "it waits for the batch already",
		15: "blocked by DIBS",
	}[code]
	if words == "" {
		return "no known reason"
	}
	return words
}

// doneText says what a button just did, as far as t bears it out: the address
// of the page alone proves nothing.
func doneText(t *record, action string) string {
	status := "It is now " + t.Status.String() + "."
	if action == actSettle {
		return "Settled. " + status
	}
	if len(t.Moves) == 0 {
		return ""
	}
	m := t.Moves[len(t.Moves)-1]
	if m.By == ByBackOffice && string(m.Kind) == action ||
		action == actDecline && (m.Kind == MoveCaptureDeclined || m.Kind == MoveRefundDeclined) {
		return fmt.Sprintf("%s: %s. %s", moveName(m.Kind), m.Amount, status)
	}
	return ""
}

// sentence begins s with a capital letter.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

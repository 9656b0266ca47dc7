package report

import (
	"fmt"
	"strconv"
	"strings"

	"flexform/plan"
	"flexform/statefile"
)

// hasAmount reports whether there is money in what a verb does.
func hasAmount(v statefile.Verb) bool { return v != statefile.Delete }

// movedText is what an action moves, or "-".
func movedText(a plan.Action) string {
	if !hasAmount(a.Verb) {
		return "-"
	}
	return amountText(a.ToMinor-a.FromMinor, a.Currency)
}

// sumTexts are the cells of a sum: currency, sum, largest.
func sumTexts(s plan.Sum) (currency, sum, largest string) {
	if !hasAmount(s.Verb) {
		return "-", "-", "-"
	}
	return currencyText(s.Currency), amountText(s.Minor, s.Currency), amountText(s.LargestMinor, s.Currency)
}

// chargeWhat says what a charge takes: at once, or only reserved.
func chargeWhat(a plan.Action) string {
	if a.Capture {
		return movedText(a) + ", captured at once"
	}
	return movedText(a) + ", authorised only"
}

// aTicketID is the id of an action on a ticket, taken apart.
type aTicketID struct {
	ticket, order, currency, attempt string
	verb                             statefile.Verb
	minor                            int64
}

// ticketID takes the id of an action on a ticket apart; false for any other. An
// order id may hold the signs that part an id, so it is what the ends leave.
func ticketID(id string) (t aTicketID, ok bool) {
	at := strings.LastIndexByte(id, '#')
	if at < 0 {
		return t, false
	}
	t.attempt = id[at+1:]
	parts := strings.SplitN(id[:at], "/", 4)
	if len(parts) < 3 || !statefile.Verb(parts[2]).OfTicket() {
		return t, false
	}
	t.ticket, t.verb = parts[1], statefile.Verb(parts[2])
	if t.verb == statefile.Delete {
		return t, len(parts) == 3
	}
	if len(parts) < 4 {
		return t, false
	}
	order, currency, ok1 := cutLast(parts[3])
	order, totals, ok2 := cutLast(order)
	_, to, ok3 := strings.Cut(totals, "-")
	minor, err := strconv.ParseInt(to, 10, 64)
	_, known := total(minor, currency)
	t.order, t.currency, t.minor = order, currency, minor
	return t, ok1 && ok2 && ok3 && err == nil && known && order != ""
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// text says the action in words.
func (t aTicketID) text() string {
	text := "delete ticket " + Ident(t.ticket)
	if t.verb == statefile.Charge {
		text = fmt.Sprintf("charge %s for order %s to ticket %s", amountText(t.minor, t.currency), Ident(t.order), Ident(t.ticket))
	}
	if t.attempt != "1" {
		text += ", attempt " + Ident(t.attempt)
	}
	return text
}

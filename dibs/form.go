package dibs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"flexform/money"
)

// maxOrderID is the longest order id that the gateway keeps whole: it cuts a
// longer one without a word (flexwin.md 1.2).
const maxOrderID = 50

// maxTransact is far above the ten digits that were ever seen.
const maxTransact = 19

// A handling is a call about a transaction that is there: what capture, refund,
// cancel, changestatus and suppl_auth have in common.
type handling struct {
	service  service
	transact TransactID
	orderID  string       // empty for a changestatus
	amount   money.Amount // the zero Amount for a cancel
	options  form         // what only this service takes
}

// check refuses what must not be sent.
func (h handling) check(signed bool) error {
	if err := checkTransact(h.transact); err != nil {
		return err
	}
	signed = signed && h.signable()
	if h.orderID != "" || signed || h.service == captureCGI || h.service == refundCGI {
		if err := checkOrder(h.orderID, signed); err != nil {
			return err
		}
	}
	if h.service == cancelCGI {
		return nil
	}
	return checkAmount(h.amount)
}

// signable reports whether the service takes an md5key (flexwin.md 3). Those
// that do need the order id for it; a cancel and a suppl_auth may go without
// one when there are no keys (flexwin.md 5.6, 5.10).
func (h handling) signable() bool { return h.service != changeStatusCGI }

// minor returns the amount as the wire has it.
func (h handling) minor() string { return strconv.FormatInt(h.amount.Minor(), 10) }

// form returns the request's body and the signature in it, empty without keys.
func (c *Client) form(h handling) (body []byte, signature string) {
	f := make(form, 0, 256)
	f.add("merchant", c.merchant)
	f.add("transact", string(h.transact))
	if h.service != cancelCGI {
		f.add("amount", h.minor())
	}
	if h.service == refundCGI {
		f.add("currency", h.amount.Currency().Number())
	}
	f.addSome("orderid", h.orderID)
	f.addSome("account", c.account)
	f.add("textreply", "yes") // without it the answer is HTML (flexwin.md 2)
	f.join(h.options)
	if c.signs() && h.signable() {
		signature = sign(c.key1, c.key2, h.signedText(c.merchant))
		f.add("md5key", signature)
	}
	return f, signature
}

func checkTransact(id TransactID) error {
	if !number(string(id)) || len(id) > maxTransact {
		return fmt.Errorf("transact %q is not a number of at most %d digits without leading zeros", string(id), maxTransact)
	}
	return nil
}

// checkOrderID refuses order ids that the gateway would cut or might read in
// another way than we mean: which character set it takes is not documented, so
// they stay ASCII (flexwin.md 12, row 7).
func checkOrderID(id string) error {
	switch {
	case id == "":
		return errors.New("no order id")
	case len(id) > maxOrderID:
		return fmt.Errorf("order id %q has %d characters; the gateway cuts it at %d", id, len(id), maxOrderID)
	case !printable(id):
		return fmt.Errorf("order id %+q holds characters that are not printable ASCII", id)
	}
	return nil
}

// checkOrder is checkOrderID, and refuses what no signature can cover.
func checkOrder(id string, signed bool) error {
	if err := checkOrderID(id); err != nil {
		return err
	}
	if signed && strings.ContainsAny(id, "&=%") {
		return fmt.Errorf("order id %q holds &, = or %%, which make the MD5 signature ambiguous", id)
	}
	return nil
}

func checkAmount(a money.Amount) error {
	switch {
	case !a.Valid():
		return errors.New("no amount")
	case a.Zero():
		return fmt.Errorf("amount %s: the smallest is one minor unit", a)
	case a.Minor() > money.MaxMinor:
		return fmt.Errorf("amount %s: %w", a, money.ErrOverflow)
	}
	return nil
}

// A form is a request body: name=value pairs joined by &, all ASCII.
type form []byte

// add appends one pair. Everything but letters, digits and - _ . is percent
// encoded, the space too: %20 has one meaning everywhere, + has two.
func (f *form) add(name, value string) {
	b := *f
	if len(b) > 0 {
		b = append(b, '&')
	}
	b = append(append(b, name...), '=')
	for i := range len(value) {
		if c := value[i]; unreserved(c) {
			b = append(b, c)
		} else {
			const hex = "0123456789ABCDEF"
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	*f = b
}

// addSome is add, unless there is no value.
func (f *form) addSome(name, value string) {
	if value != "" {
		f.add(name, value)
	}
}

// addFlag adds a switch that is on (flexwin.md 1.2), or nothing.
func (f *form) addFlag(name string, on bool) {
	if on {
		f.add(name, "yes")
	}
}

// join appends the pairs of another form.
func (f *form) join(other form) {
	if len(*f) > 0 && len(other) > 0 {
		*f = append(*f, '&')
	}
	*f = append(*f, other...)
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}

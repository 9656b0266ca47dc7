package dibs

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"flexform/money"
)

// A RawReply is what came back for a [Client.Call]: without secrets and card
// numbers, escaped to printable ASCII.
type RawReply struct {
	HTTP   int     // its status; 0 when no reply came
	Fields []Field // its pairs, in their order, names in lower case; nil when it has another form
	Text   string  // as it came, at most 8 KiB
}

// CheckCall returns every mistake in a call that [Client.Call] would not send,
// without sending anything.
func (c *Client) CheckCall(service string, parameters map[string]string) error {
	_, err := c.callable(service, parameters)
	return err
}

func (c *Client) callable(service string, parameters map[string]string) (Service, error) {
	s, err := FindService(service)
	switch {
	case err != nil:
		return s, err
	case s.Withheld != "":
		return s, fmt.Errorf("%s is not called by hand: %s", s.Name, s.Withheld)
	case s.Login && !c.HasLogin():
		return s, ErrNoLogin
	}
	return s, s.check(parameters, c.signs())
}

// Call makes one call of a service by its name, as [Services] has them, with
// the parameters that are given and nothing guessed; merchant, account,
// textreply and md5key are filled in, and a currency goes by its number. It is
// for tools: a program that means one service calls its own method.
//
// Every service goes the way of the calls that move money: one request on a
// connection of its own, never sent twice. When the service is one that
// Changes something, the error is a [*DeclinedError], [*AuthDeclinedError],
// [*LoginError], [*NotSentError] or [*UncertainError]; else a [*LoginError], a
// [*NotSentError], or it says why no reply could be read. Whatever came back is
// in the RawReply, with an error, too.
func (c *Client) Call(ctx context.Context, service string, parameters map[string]string) (RawReply, error) {
	s, err := c.callable(service, parameters)
	if err != nil {
		return RawReply{}, &NotSentError{Service: s.Name, Err: err}
	}
	parameters = byNumber(parameters)
	body, signature := c.rawForm(s, parameters)
	about := subject{s.service, TransactID(parameters["transact"]), ""}
	if about.transact == "" {
		about.transact, about.orderID = TransactID(parameters["ticket"]), parameters["orderid"]
	}
	var raw RawReply
	_, err = transmit(ctx, c, about, body, c.cleaner.knowing(signature), func(a arrival, clean cleaner) (struct{}, error) {
		raw = rawReply(a, clean)
		return struct{}{}, c.judge(s, about, parameters, a, clean)
	})
	return raw, err
}

// byNumber returns the parameters with the number of a currency in the place of
// its letters: the authkey of a reply covers what was sent, and nobody says how
// letters are covered (flexwin.md 3).
func byNumber(parameters map[string]string) map[string]string {
	currency, err := money.ParseCurrency(parameters["currency"])
	if err != nil {
		return parameters
	}
	parameters = maps.Clone(parameters)
	parameters["currency"] = currency.Number()
	return parameters
}

// rawForm returns the request's body and the signature in it. The gateway gives
// no meaning to the order of the fields.
func (c *Client) rawForm(s Service, parameters map[string]string) (f form, signature string) {
	switch s.service {
	case payInfoCGI, acquirerStatusPML: // for which none is documented (flexwin.md 6.1, 6.11)
	default:
		f.add("merchant", c.merchant)
		f.addSome("account", c.account)
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		f.add(name, parameters[name])
	}
	_, full := parameters["fullreply"] // is not listened to without textreply (flexwin.md 1.2)
	switch s.service {
	case captureCGI, refundCGI, cancelCGI, changeStatusCGI, supplAuthCGI, reauthCGI, ticketAuthCGI:
		full = true // without it the answer is HTML (flexwin.md 2)
	}
	f.addFlag("textreply", full)
	if c.signs() && s.signed != nil {
		signature = sign(c.key1, c.key2, s.signedText(c.merchant, parameters))
		f.add("md5key", signature)
	}
	return f, signature
}

// signedText returns what the md5key covers: each value as it is sent
// (flexwin.md 3).
func (s Service) signedText(merchant string, parameters map[string]string) string {
	pairs := make([]string, len(s.signed))
	for i, name := range s.signed {
		value := parameters[name]
		if name == "merchant" {
			value = merchant
		}
		pairs[i] = name + "=" + value
	}
	return strings.Join(pairs, "&")
}

func rawReply(a arrival, clean cleaner) RawReply {
	raw := RawReply{HTTP: a.status, Text: clean.clean(strings.TrimSpace(a.body), maxCleaned)}
	r, err := readReply(a.body, a.whole)
	if err != nil || !strings.Contains(r.line, "=") || r.check() != nil || raw.Text == withheld {
		return raw
	}
	for name, value := range r.pairs() {
		raw.Fields = append(raw.Fields, Field{clean.clean(name, maxKept), clean.clean(value, maxKept)})
	}
	return raw
}

// judge decides the outcome as the service's own method does.
func (c *Client) judge(s Service, about subject, parameters map[string]string, a arrival, clean cleaner) (err error) {
	switch s.service {
	case captureCGI, refundCGI, cancelCGI, changeStatusCGI, supplAuthCGI:
		_, err = c.conclude(handling{service: s.service, transact: about.transact}, a, clean)
	case reauthCGI, ticketAuthCGI:
		call := authorising{subject: about, amount: rawAmount(parameters), parts: 1}
		_, err = call.conclude(c, a, clean)
	case splitPayChangeCGI:
		err = c.judgeWord(worded{about, "result"}, a, clean)
	case delTicketCGI, vouchersCGI:
		err = c.judgeWord(worded{about, "status"}, a, clean)
	default:
		err = c.judgeLook(s.service, a)
	}
	return err
}

func (c *Client) judgeWord(w worded, a arrival, clean cleaner) error {
	r, err := c.answered(w.subject, a, clean)
	if err == nil {
		_, err = w.conclude(r, clean.clean(a.body, maxKept), clean)
	}
	return err
}

// judgeLook sees whether there is an answer at all.
func (c *Client) judgeLook(s service, a arrival) error {
	switch {
	case s.login() && (a.status == http.StatusUnauthorized || loginPage(a.body)):
		return c.refused(s)
	case a.err != nil:
		return fmt.Errorf("%s: %w", s, a.err)
	case a.status != http.StatusOK:
		return fmt.Errorf("%s: %w", s, statusError(a.status))
	}
	if s.login() {
		c.gate.accept()
	}
	return nil
}

// rawAmount returns the amount with which a reply's authkey is checked, the
// zero Amount when there is none.
func rawAmount(parameters map[string]string) money.Amount {
	minor, err := strconv.ParseInt(parameters["amount"], 10, 64)
	if err != nil {
		return money.Amount{}
	}
	currency, err := money.ParseCurrency(parameters["currency"])
	if err != nil {
		return money.Amount{}
	}
	total, err := money.New(minor, currency)
	if err != nil {
		return money.Amount{}
	}
	return total
}

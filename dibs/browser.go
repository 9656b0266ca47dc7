package dibs

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"flexform/money"
)

// A BrowserForm is what a customer's browser sends to the gateway. A page shows
// it as a form with a hidden input for each field, and the browser comes back
// to one of the shop's addresses, which [ParseCallback] reads and
// [Client.VerifyCallback] believes. Until it has, or the callback has arrived,
// nothing is known, and a customer may never come back: ask [Client.TransInfo].
type BrowserForm struct {
	Action string   // address to POST to
	Fields []Field  // in order; md5key is meant to be seen
	Inputs []string // names of inputs that the customer fills in and the page has to add
}

// A Field is a name and a value, neither of them escaped in any way.
type Field struct{ Name, Value string }

// URL returns the form as an address to redirect to. A form with inputs has
// none: what customers fill in, card numbers, must never be part of one.
func (f BrowserForm) URL() (string, error) {
	if len(f.Inputs) > 0 {
		return "", fmt.Errorf("a form with the inputs %s goes by POST only", strings.Join(f.Inputs, ", "))
	}
	query := make(form, 0, 512)
	for _, field := range f.Fields {
		query.addLatin1(field.Name, field.Value)
	}
	return f.Action + "?" + string(query), nil
}

// A ThreeDSecureRequest authorises an order with a card that its holder's bank
// asks about.
type ThreeDSecureRequest struct {
	Order
	AcceptURL  string
	DeclineURL string
	CancelURL  string // empty: DeclineURL
}

// ThreeDSecure builds the form for 3dsecure.cgi (flexwin.md 5.2), signed when
// there are MD5 keys. The page adds the inputs of the card, so that a shop's
// server never sees it. Visa and Mastercard only.
func (c *Client) ThreeDSecure(r ThreeDSecureRequest) (BrowserForm, error) {
	b := c.build(threeDSecureCGI, r.Order)
	b.address("accepturl", r.AcceptURL, true)
	b.address("declineurl", r.DeclineURL, true)
	b.address("cancelurl", r.CancelURL, false)
	b.inputs = []string{"cardno", "expmon", "expyear", "cvc"}
	return b.finish(r.signable())
}

// A FlexWinRequest opens the gateway's own payment page.
type FlexWinRequest struct {
	Order
	AcceptURL string
	CancelURL string // empty: the gateway's own page

	PayTypes   []string // cards and others to offer (flexwin.md 4.6); empty: all
	Lang       string   // "da", "sv", "en" ...
	Decorator  string   // "default", "basal", "rich" or "responsive"
	Color      string   // "blue" ...
	ZeroAuth   bool     // check the card without reserving
	TicketRule string   // name of a rule for tickets that are made
	Voucher    bool     // take vouchers
}

// FlexWin builds the form that opens the hosted payment window (flexwin.md 8),
// signed when there are MD5 keys. The customer's card goes to the gateway only.
func (c *Client) FlexWin(r FlexWinRequest) (BrowserForm, error) {
	b := c.build(flexWinForm, r.Order)
	b.address("accepturl", r.AcceptURL, true)
	b.address("cancelurl", r.CancelURL, false)
	b.refuse(r.CardType != "", "FlexWin takes PayTypes, not a CardType")
	b.option("paytype", strings.Join(r.PayTypes, ","))
	b.option("lang", r.Lang)
	b.option("decorator", r.Decorator)
	b.option("color", r.Color)
	b.form.addFlag("zero_auth", r.ZeroAuth)
	b.option("ticketrule", r.TicketRule)
	b.form.addFlag("voucher", r.Voucher)
	return b.finish(r.signable())
}

// A BankRequest pays an order through a customer's internet bank. It is
// captured at once.
type BankRequest struct {
	OrderID    string
	Amount     money.Amount
	AcceptURL  string
	DeclineURL string
	CancelURL  string
	UniqueOID  bool          // as in [Order]
	Timeout    time.Duration // whole seconds above 180 that Danske Bank waits; 0: 300 seconds
}

// DanskeNet builds the form for danskenet.cgi, Danske Bank (flexwin.md 9.1). It
// has no MD5 control.
func (c *Client) DanskeNet(r BankRequest) (BrowserForm, error) {
	b := c.bank(danskeNetCGI, r)
	if r.Timeout != 0 {
		b.refuse(r.Timeout <= 180*time.Second || r.Timeout%time.Second != 0, "timeout %v is not in whole seconds above 180", r.Timeout)
		b.form.add("timeout", strconv.Itoa(int(r.Timeout/time.Second)))
	}
	return b.finish(false)
}

// SoloPayment builds the form for solo_payment.cgi, Nordea in Denmark
// (flexwin.md 9.2). Its md5key is mandatory: without keys the error is
// [ErrNoKeys].
func (c *Client) SoloPayment(r BankRequest) (BrowserForm, error) {
	b := c.bank(soloPaymentCGI, r)
	b.refuse(r.Timeout != 0, "solo_payment.cgi has no timeout")
	if !c.signs() {
		b.mistakes = append(b.mistakes, ErrNoKeys)
	}
	return b.finish(true)
}

func (c *Client) bank(s service, r BankRequest) *builder {
	b := c.build(s, Order{OrderID: r.OrderID, Amount: r.Amount, UniqueOID: r.UniqueOID})
	b.address("accepturl", r.AcceptURL, true)
	b.address("declineurl", r.DeclineURL, true)
	b.address("cancelurl", r.CancelURL, true)
	return b
}

// A builder puts a browser's form together and collects what is wrong with it.
type builder struct {
	client   *Client
	service  service
	order    Order
	form     form
	inputs   []string
	mistakes []error
}

func (c *Client) build(s service, o Order) *builder {
	b := &builder{client: c, service: s, order: o, form: make(form, 0, 512)}
	b.form.add("merchant", c.merchant)
	b.form.addSome("account", c.account)
	b.refuse(o.FullReply, "a browser gets no full reply")
	o.addTo(&b.form)
	return b
}

func (b *builder) refuse(bad bool, format string, args ...any) {
	if bad {
		b.mistakes = append(b.mistakes, fmt.Errorf(format, args...))
	}
}

func (b *builder) address(name, value string, needed bool) {
	if value == "" && !needed {
		return
	}
	if err := checkURL(name, value); err != nil {
		b.mistakes = append(b.mistakes, err)
	}
	b.form.add(name, value)
}

func (b *builder) option(name, value string) {
	b.refuse(!printable(value) || len(value) > 200, "%s %+q is not at most 200 printable ASCII characters", name, escape(value, 60))
	b.form.addSome(name, value)
}

// finish signs the form, unless it may not be, and takes it apart again: the
// browser has its own encoding.
func (b *builder) finish(signable bool) (BrowserForm, error) {
	signed := signable && b.client.signs()
	if err := errors.Join(append(b.mistakes, b.order.check(signed))...); err != nil {
		return BrowserForm{}, fmt.Errorf("%s form for order %q: %w", b.service, escape(b.order.OrderID, 2*maxOrderID), err)
	}
	if signed {
		b.form.add("md5key", sign(b.client.key1, b.client.key2, b.order.signedText(b.client.merchant)))
	}
	base := b.client.endpoint.url
	f := BrowserForm{Action: (&url.URL{Scheme: base.Scheme, Host: base.Host, Path: base.Path + b.service.path()}).String(), Inputs: b.inputs}
	for pair := range strings.SplitSeq(string(b.form), "&") {
		name, value, _ := strings.Cut(pair, "=")
		f.Fields = append(f.Fields, Field{decode(name), decode(value)})
	}
	return f, nil
}

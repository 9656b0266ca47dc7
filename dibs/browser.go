package dibs

import (
	"strconv"
	"strings"
	"time"

	"flexform/money"
)

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

package dibs

import (
	"context"
	"fmt"
	"strconv"

	"flexform/money"
)

// A TicketAuthRequest authorises a payment with a stored card.
type TicketAuthRequest struct {
	Ticket  TransactID // the transaction of an order with PreAuth, or [Authorisation.Ticket]
	OrderID string     // at most 50 characters, unique where MD5 keys are used
	Amount  money.Amount

	CaptureNow bool // as in [Order]
	UniqueOID  bool
	CalcFee    bool
	Test       bool
	FullReply  bool
}

// TicketAuth authorises a payment with a stored card (flexwin.md 5.8). It needs
// no login. An expired card ends its ticket: [ReasonCardExpired]. What is paid
// with tickets cannot be captured in parts. The error is an
// [*AuthDeclinedError], [*NotSentError] or [*UncertainError], with the same
// advice as for [Client.Auth].
func (c *Client) TicketAuth(ctx context.Context, r TicketAuthRequest) (Authorisation, error) {
	a := authorising{subject: subject{service: ticketAuthCGI, transact: r.Ticket, orderID: r.OrderID}, amount: r.Amount, parts: 1}
	if err := r.check(c.signs()); err != nil {
		return Authorisation{}, a.notSent(err)
	}
	f := c.newForm()
	f.add("ticket", string(r.Ticket))
	order := Order{
		OrderID: r.OrderID, Amount: r.Amount,
		CaptureNow: r.CaptureNow, UniqueOID: r.UniqueOID, CalcFee: r.CalcFee, Test: r.Test, FullReply: r.FullReply,
	}
	order.addTo(&f)
	return c.authorise(ctx, a, f, r.signedText(c.merchant), c.signs(), c.cleaner)
}

func (r TicketAuthRequest) check(signed bool) error {
	if err := checkTransact(r.Ticket); err != nil {
		return fmt.Errorf("ticket: %w", err)
	}
	if err := checkOrder(r.OrderID, signed); err != nil {
		return err
	}
	return checkAmount(r.Amount)
}

// signedText returns what the md5key of ticket_auth.cgi covers (flexwin.md 3).
func (r TicketAuthRequest) signedText(merchant string) string {
	return "merchant=" + merchant + "&orderid=" + r.OrderID + "&ticket=" + string(r.Ticket) +
		"&currency=" + r.Amount.Currency().Number() + "&amount=" + strconv.FormatInt(r.Amount.Minor(), 10)
}

// DelTicket deletes a stored card and its rules for good (flexwin.md 5.9). It
// needs the login. The error is a [*DeclinedError], [*LoginError], [*NotSentError] or
// [*UncertainError].
func (c *Client) DelTicket(ctx context.Context, ticket TransactID) (Receipt, error) {
	w := worded{subject: subject{service: delTicketCGI, transact: ticket}, name: "status"}
	if err := checkTransact(ticket); err != nil {
		return Receipt{}, w.notSent(fmt.Errorf("ticket: %w", err))
	}
	f := make(form, 0, 96)
	f.add("merchant", c.merchant)
	f.add("ticket", string(ticket))
	f.addSome("account", c.account)
	return c.tell(ctx, w, f)
}

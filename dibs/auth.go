package dibs

import (
	"context"
	"errors"
)

// An AuthRequest authorises an order with a card.
type AuthRequest struct {
	Order
	Card Card
}

// Auth asks auth.cgi to authorise an order with a card: to reserve the money,
// to store the card as a ticket, or both (flexwin.md 5.1). It needs no login.
// The error is an [*AuthDeclinedError], [*NotSentError] or [*UncertainError].
// After an UncertainError ask [Client.TransInfo] for the order before doing
// anything else: there is no protection against a second reservation but
// [Order.UniqueOID].
func (c *Client) Auth(ctx context.Context, r AuthRequest) (Authorisation, error) {
	a := authorising{
		subject: subject{service: authCGI, orderID: r.OrderID}, amount: r.Amount,
		parts: max(1, len(r.Split)), ticket: r.PreAuth || r.MakeTicket,
	}
	signed := c.signs() && r.signable()
	err := r.check(signed)
	if err == nil && r.Card.Empty() {
		err = errors.New("no card")
	}
	if err != nil {
		return Authorisation{}, a.notSent(err)
	}
	f := c.newForm()
	r.addTo(&f)
	r.Card.addTo(&f)
	return c.authorise(ctx, a, f, r.signedText(c.merchant), signed, c.cleaner.knowingCard(r.Card))
}

// Reauth opens a deleted authorisation again, or makes an old one young, so
// that it can be captured (flexwin.md 5.3). Dankort does not have it. It needs
// no login. Whether the transaction keeps its number is not documented: take
// the one that is returned. The error is an [*AuthDeclinedError],
// [*NotSentError] or [*UncertainError].
func (c *Client) Reauth(ctx context.Context, id TransactID) (Authorisation, error) {
	a := authorising{subject: subject{service: reauthCGI, transact: id}, parts: 1}
	if err := checkTransact(id); err != nil {
		return Authorisation{}, a.notSent(err)
	}
	f := c.newForm()
	f.add("transact", string(id))
	return c.authorise(ctx, a, f, "", false, c.cleaner)
}

// newForm begins a request with the merchant and what every text reply needs.
func (c *Client) newForm() form {
	f := make(form, 0, 512)
	f.add("merchant", c.merchant)
	f.addSome("account", c.account)
	f.add("textreply", "yes")
	return f
}

// authorise signs a request, sends it and decides what came of it.
func (c *Client) authorise(ctx context.Context, a authorising, f form, text string, signed bool, clean cleaner) (Authorisation, error) {
	if signed {
		signature := sign(c.key1, c.key2, text)
		f.add("md5key", signature)
		clean = clean.knowing(signature)
	}
	return transmit(ctx, c, a.subject, f, clean, func(came arrival, clean cleaner) (Authorisation, error) {
		return a.conclude(c, came, clean)
	})
}

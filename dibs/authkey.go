package dibs

import (
	"crypto/subtle"
	"errors"
	"strconv"
	"strings"

	"flexform/money"
)

// ErrNoKeys is returned where an authkey is to be verified by a [Client]
// without MD5 keys.
var ErrNoKeys = errors.New("no MD5 keys are configured")

// An AuthkeyError reports that a message does not carry the authkey that the
// gateway would have given it: it is forged, was changed on its way, or is
// about another payment.
type AuthkeyError struct {
	Transact TransactID
	Missing  bool // there is no authkey at all
}

func (e *AuthkeyError) Error() string {
	if e.Missing {
		return "transaction " + e.Transact.shown() + ": no authkey"
	}
	return "transaction " + e.Transact.shown() + ": the authkey is not the gateway's for this transaction, amount and currency"
}

// VerifyAuthkey checks the authkey of an authorisation, a callback or a return
// to accepturl, in constant time (flexwin.md 3). The gateway signs the transaction,
// the amount with the fee, and the currency; fee is the zero Amount when there
// is none. It does not sign the order id: that the transaction is for the order
// that a message names is for [Client.TransInfo] or [Client.PayInfo] to say. The
// error is [ErrNoKeys], an [*AuthkeyError], or says what is wrong with the amounts.
func (c *Client) VerifyAuthkey(authkey string, id TransactID, amount, fee money.Amount) error {
	total := amount
	if fee.Valid() {
		var err error
		if total, err = amount.Add(fee); err != nil {
			return err
		}
	}
	if err := errors.Join(checkTransact(id), checkAmount(total)); err != nil {
		return err
	}
	return c.verify(authkey, id, paidText(id, total))
}

// VerifyTicketAuthkey checks the authkey of a ticket's creation, which covers no
// amount (flexwin.md 3). The error is [ErrNoKeys] or an [*AuthkeyError].
func (c *Client) VerifyTicketAuthkey(authkey string, ticket TransactID, currency money.Currency) error {
	if err := checkTransact(ticket); err != nil {
		return err
	}
	if !currency.Valid() {
		return errors.New("no currency")
	}
	return c.verify(authkey, ticket, ticketText(ticket, currency))
}

// verify compares authkey with what signs one of the texts.
func (c *Client) verify(authkey string, id TransactID, texts ...string) error {
	switch {
	case !c.signs():
		return ErrNoKeys
	case authkey == "":
		return &AuthkeyError{Transact: id, Missing: true}
	}
	match := 0
	for _, text := range texts {
		match |= subtle.ConstantTimeCompare([]byte(strings.ToLower(authkey)), []byte(sign(c.key1, c.key2, text)))
	}
	if match == 0 {
		return &AuthkeyError{Transact: id}
	}
	return nil
}

// paidText is what the authkey of a payment covers, ticketText what that of a
// ticket's creation does. The currency is that of the request, and ours are
// always numeric (flexwin.md 3).
func paidText(id TransactID, total money.Amount) string {
	return "transact=" + string(id) + "&amount=" + strconv.FormatInt(total.Minor(), 10) + "&currency=" + total.Currency().Number()
}

func ticketText(id TransactID, currency money.Currency) string {
	return "transact=" + string(id) + "&preauth=true&currency=" + currency.Number()
}

package dibs

import (
	"fmt"
	"strings"

	"flexform/money"
)

// An Authorisation is an approved call of auth.cgi, reauth.cgi or
// ticket_auth.cgi (flexwin.md 5.1). What the gateway did not say is empty.
type Authorisation struct {
	// Transacts has one transaction, or one for each part of a split. After an
	// order with PreAuth it is the ticket.
	Transacts []TransactID
	Ticket    TransactID   // of an order with MakeTicket; of a ticket_auth with FullReply the one used
	Fee       money.Amount // on top of the order's amount; the zero Amount when there is none
	Total     money.Amount // with the fee, as a full reply says it; else the zero Amount

	// Suspect says that a rule against fraud was met, Severity how much so:
	// above 5 the payment wants a second look.
	Suspect  bool
	Severity int

	// Verified says that the reply had an authkey, and the right one. A wrong
	// one is never returned: it is an [*UncertainError].
	Verified bool

	ApprovalCode     string
	CardType         string // paytype codes (flexwin.md 4.6)
	PayType          string
	Acquirer         string
	AcquirerMerchant string // the shop's number at the acquirer
	Card             CardFacts
	Reply            string // as [Receipt.Reply]
}

// CardFacts are what the gateway tells of a card.
type CardFacts struct {
	Prefix  string // first six digits
	Masked  string // "XXXXXXXXXXXX0000"
	Expiry  string // YYMM
	Country string // "DK"

	// These were seen as "unknown" only (flexwin.md 2).
	DebitOrCredit     string // cardtypeCD
	SurchargeRegion   string
	PrivateOrBusiness string // privatebusiness
}

// An AuthDeclinedError reports a definite no to an authorisation: the call was
// answered, well-formed, with a reason that says that it reserved nothing.
type AuthDeclinedError struct {
	Service    string
	OrderID    string
	Transact   TransactID // of a reauth, and the ticket of a ticket_auth
	Reason     Reason
	ActionCode string // the acquirer's (flexwin.md 4.5), opaque; often empty
	Message    string // the gateway's own text, escaped; often empty
	Reply      string // as [Receipt.Reply]
}

func (e *AuthDeclinedError) Error() string {
	s := fmt.Sprintf("%s: declined: %s", about(e.Service, e.Transact, e.OrderID), e.Reason)
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

// describe fills in what decides nothing.
func (a *Authorisation) describe(values map[string]string, clean cleaner) {
	text := func(name string) string { return clean.clean(values[name], maxCode) }
	a.ApprovalCode, a.CardType, a.PayType = text("approvalcode"), text("cardtype"), text("paytype")
	a.Acquirer, a.AcquirerMerchant = text("acquirer"), text("merchantid")
	a.Card = cardFacts(text)
	a.Suspect, a.Severity = suspicion(values)
}

func cardFacts(text func(name string) string) CardFacts {
	return CardFacts{
		Prefix: text("cardprefix"), Masked: text("cardnomask"), Expiry: text("cardexpdate"), Country: text("cardcountry"),
		DebitOrCredit: text("cardtypecd"), SurchargeRegion: text("surchargeregion"), PrivateOrBusiness: text("privatebusiness"),
	}
}

// suspicion reads what fraud rules said (flexwin.md 5.1).
func suspicion(values map[string]string) (suspect bool, severity int) {
	severity, _ = code(values["severity"])
	switch strings.ToLower(values["suspect"]) {
	case "", "no", "false", "0":
		return false, severity
	}
	return true, severity
}

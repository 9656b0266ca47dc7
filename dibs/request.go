package dibs

import "flexform/money"

// A TransactID is the gateway's own number of a transaction: at least six
// digits, more than fit 32 bits (flexwin.md 1.2). It stays text.
type TransactID string

// shown returns id for an error's text: it may be something else by mistake.
func (id TransactID) shown() string { return escape(string(id), 2*maxTransact) }

// A TransInfoRequest asks for the transaction of an order. All fields must
// match the authorisation exactly; Amount is the authorised amount.
type TransInfoRequest struct {
	OrderID string
	Amount  money.Amount
}

// A TransInfo is what transinfo.cgi knows (flexwin.md 6.2).
type TransInfo struct {
	Transacts    []TransactID // one, or several for a split authorisation
	Status       CoarseStatus
	ApprovalCode string // status 1 and 2 only
	ActionCode   string // status 0 only
}

// A PayInfo is what payinfo.cgi knows (flexwin.md 6.1). Amount is the zero
// Amount when the reply carries none, or no currency. Whether it is what was
// authorised or what was captured is not documented: do not rely on it.
type PayInfo struct {
	Transact     TransactID
	Status       Status
	Amount       money.Amount
	OrderID      string
	ApprovalCode string
	ActionCode   string
	Fee          money.Amount // the zero Amount when there is none
	Batch        string       // id of the batch job; empty when absent
}

// A CaptureRequest takes Amount, in minor units on the wire, of an authorised
// transaction. An ordinary transaction can be captured once.
type CaptureRequest struct {
	Transact TransactID
	OrderID  string
	Amount   money.Amount

	// Force authorises again what was authorised more than 7 days ago, before
	// capturing it. Not for Dankort: [ResultReauthRejected].
	Force bool
	// SplitPay makes this one of several captures of an authorisation, for
	// merchants with split payment (flexwin.md 5.11). Each has a transaction of
	// its own, which [Client.SplitPayInfo] names and a refund takes.
	SplitPay bool
}

// A RefundRequest gives Amount of a captured transaction back, on top of what
// was given back before.
type RefundRequest struct {
	Transact TransactID
	OrderID  string
	Amount   money.Amount
}

// A CancelRequest releases an authorisation that was not captured.
type CancelRequest struct {
	Transact TransactID
	OrderID  string
}

// A SupplAuthRequest reserves the money of a null authorisation. Amount may
// exceed what was approved a little (flexwin.md 5.10).
type SupplAuthRequest struct {
	Transact TransactID
	OrderID  string
	Amount   money.Amount
}

// A Receipt is an accepted call. Accepted is not settled: the acquirer may
// still decline (status 4 or 10).
type Receipt struct {
	Result   Result
	Transact TransactID // as echoed; empty when the reply has none
	CardType string     // paytype code (flexwin.md 4.6); empty when absent
	Reply    string     // the reply as it came, secrets and card numbers masked, at most 1 KiB
}

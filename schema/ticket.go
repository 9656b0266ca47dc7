package schema

import "flexform/money"

// A Ticket is what one ticket block, or one for_each instance of it, says that
// a stored card should be charged for, or that it should be deleted.
type Ticket struct {
	Address  string // `ticket.gold_4711`, `ticket.renewal["270000543"]`
	Merchant string // the merchant's DIBS id
	Ticket   string // its number at DIBS
	Deleted  bool
	Charges  []Charge // in file order
	Reason   string

	Source Range       // the block
	Places TicketPlace // zero Ranges for what was not written
}

// A TicketPlace says where a ticket's values stand, as [Places] does.
type TicketPlace struct{ Ticket, Deleted Range }

// A Charge is one payment that is to be made with a ticket, once.
type Charge struct {
	Address string // `ticket.gold_4711.charge["2026-11"]`
	OrderID string // of the new payment
	Amount  money.Amount
	Capture bool   // at once; otherwise the amount is only authorised
	Reason  string // its own, or else that of the ticket

	Source Range // the block
	Places ChargePlace
}

// A ChargePlace says where a charge's values stand, as [Places] does.
type ChargePlace struct{ OrderID, Amount Range }

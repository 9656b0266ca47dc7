package sandbox

import (
	"strconv"

	"flexform/money"
)

// transInfo is transinfo.cgi (flexwin.md 6.2): the newest transaction with
// exactly this order id, amount and currency. The amount is with or without the
// fee; that of a split authorisation is the sum. What is not found is an empty
// body.
func (g *Gateway) transInfo(q query) answer {
	merchant := q.text("merchant")
	minor, isAmount := parseMinor(q.text("amount"))
	currency, err := money.ParseCurrency(q.text("currency"))
	if _, known := g.shop(merchant); !known || !isAmount || err != nil {
		return answer{}
	}
	var newest *record
	for _, r := range g.book.ofOrder(cutOrderID(q.text("orderid"))) {
		if r.belongsTo(merchant) && g.authorised(r, minor) && r.Amount.Currency() == currency &&
			(newest == nil || !r.AuthorisedAt.Before(newest.AuthorisedAt)) {
			newest = r
		}
	}
	if newest == nil {
		return answer{}
	}
	coarse := coarseStatus(newest.Status)
	reply := pairs{"transact", newest.Transact}
	if siblings := newest.Details.Siblings; len(siblings) > 0 {
		reply = nil
		for i, id := range siblings {
			reply = append(reply, "transact"+strconv.Itoa(i+1), id)
		}
	}
	reply = append(reply, "status", strconv.Itoa(coarse))
	switch coarse {
	case coarseRejected:
		reply = append(reply, "actioncode", refusalCode(newest))
	case coarseAuthorised, coarseCaptured:
		reply = append(reply, "approvalcode", approvalCode)
	}
	return answer{reply: reply, result: strconv.Itoa(coarse)}
}

// authorised reports whether r was authorised with this amount, alone or with
// its siblings.
func (g *Gateway) authorised(r *record, minor int64) bool {
	sum := r.Amount.Minor()
	fee := r.Details.Fee.Minor()
	if siblings := r.Details.Siblings; len(siblings) > 0 {
		sum, fee = 0, 0
		for _, id := range siblings {
			part := g.book.find(id)
			sum += part.Amount.Minor()
			fee += part.Details.Fee.Minor()
		}
	}
	return minor == sum || minor == sum-fee
}

// transinfo.cgi has a smaller set of status codes, under the same name.
const (
	coarseRejected   = 0
	coarseAuthorised = 1
	coarseCaptured   = 2
	coarseInserted   = 3
)

// coarseStatus maps the exact codes. A capture that is under way counts as
// captured, one that was declined leaves an authorisation, and a cancelled
// authorisation is none; the documentation is silent on all three.
func coarseStatus(s Status) int {
	switch {
	case s.holdsMoney() || s == StatusSplitClosed:
		return coarseCaptured
	case s == StatusInserted || s == StatusPostponed:
		return coarseInserted
	case s == StatusDeclined || s == StatusDeclinedByDIBS || s == StatusCancelled || s == StatusTicketDeleted:
		return coarseRejected
	}
	return coarseAuthorised
}

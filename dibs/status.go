package dibs

import "strconv"

// A Status is the exact state of a transaction, as transstatus.pml and
// payinfo.cgi report it (flexwin.md 4.1). The zero value is the gateway's own
// code 0: keep a separate word for "not asked".
type Status int

const (
	StatusInserted        Status = 0  // sent to the acquirer, never answered
	StatusDeclined        Status = 1  // authorisation declined by the acquirer
	StatusAuthorised      Status = 2  // ready to be captured or cancelled
	StatusCaptureSent     Status = 3  // capture waits for the acquirer's answer
	StatusCaptureDeclined Status = 4  // capture declined by the acquirer
	StatusCaptured        Status = 5  // capture completed
	StatusCancelled       Status = 6  // authorisation deleted at the acquirer
	StatusBalanced        Status = 7  // captured and reconciled
	StatusPartlyRefunded  Status = 8  // balanced and partly refunded
	StatusRefundSent      Status = 9  // refund waits for the acquirer's answer
	StatusRefundDeclined  Status = 10 // refund declined by the acquirer
	StatusRefunded        Status = 11 // refund completed
	StatusCapturePending  Status = 12 // capture waits for a batch
	StatusTicket          Status = 13 // a stored card, not a payment
	StatusTicketDeleted   Status = 14 // a stored card that was deleted
	StatusRefundPending   Status = 15 // refund waits for a batch
	StatusAwaitingShop    Status = 16 // waits for the shop's approval
	StatusDeclinedByDIBS  Status = 17 // declined before the acquirer saw it
	StatusMulticapOpen    Status = 18 // base of a split capture, still open
	StatusMulticapClosed  Status = 19 // base of a split capture, finished
	StatusPostponed       Status = 26 // seen by clients, not in DIBS' own table
)

var statusTexts = map[Status]string{
	StatusInserted: "inserted", StatusDeclined: "declined", StatusAuthorised: "authorised",
	StatusCaptureSent: "capture sent", StatusCaptureDeclined: "capture declined", StatusCaptured: "captured",
	StatusCancelled: "cancelled", StatusBalanced: "balanced", StatusPartlyRefunded: "partly refunded",
	StatusRefundSent: "refund sent", StatusRefundDeclined: "refund declined", StatusRefunded: "refunded",
	StatusCapturePending: "capture pending", StatusTicket: "ticket", StatusTicketDeleted: "ticket deleted",
	StatusRefundPending: "refund pending", StatusAwaitingShop: "awaiting shop", StatusDeclinedByDIBS: "declined by DIBS",
	StatusMulticapOpen: "split capture open", StatusMulticapClosed: "split capture closed", StatusPostponed: "postponed",
}

// Known reports whether the reference gives s a meaning (flexwin.md 4.1).
func (s Status) Known() bool { _, ok := statusTexts[s]; return ok }

// String returns the meaning and the code, "partly refunded (8)".
func (s Status) String() string {
	text, ok := statusTexts[s]
	if !ok {
		text = "unknown status"
	}
	return text + " (" + strconv.Itoa(int(s)) + ")"
}

// A CoarseStatus is transinfo.cgi's own, smaller code set (flexwin.md 4.2). It
// shares the name `status` with [Status] on the wire and nothing else.
type CoarseStatus int

const (
	CoarseRejected   CoarseStatus = 0 // declined
	CoarseAuthorised CoarseStatus = 1 // ready to be captured
	CoarseCaptured   CoarseStatus = 2 // captured; refunds are not told apart
	CoarseInserted   CoarseStatus = 3 // no answer from the acquirer yet
)

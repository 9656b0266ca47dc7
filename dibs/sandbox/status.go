package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Status is the exact state of a transaction, as transstatus.pml and
// payinfo.cgi print it.
type Status int

// The statuses that this gateway knows. 20 to 25 have no meaning and are
// never used.
const (
	StatusInserted        Status = 0  // sent to the acquirer, no answer
	StatusDeclined        Status = 1  // authorisation declined by the acquirer
	StatusAuthorised      Status = 2  // may be captured or cancelled
	StatusCaptureSent     Status = 3  // capture is with the acquirer
	StatusCaptureDeclined Status = 4  // acquirer declined the capture
	StatusCaptured        Status = 5  // capture completed
	StatusCancelled       Status = 6  // authorisation deleted
	StatusBalanced        Status = 7  // capture reconciled
	StatusPartlyRefunded  Status = 8  // some of the captured money went back
	StatusRefundSent      Status = 9  // refund is with the acquirer
	StatusRefundDeclined  Status = 10 // acquirer declined the refund
	StatusRefunded        Status = 11 // all of the captured money went back
	StatusCapturePending  Status = 12 // capture waits for the batch
	StatusTicket          Status = 13 // a stored card
	StatusTicketDeleted   Status = 14 // a deleted stored card
	StatusRefundPending   Status = 15 // refund waits for the batch
	StatusAwaitingShop    Status = 16 // waits for the shop's approval
	StatusDeclinedByDIBS  Status = 17 // declined before the acquirer saw it
	StatusSplitOpen       Status = 18 // base of a split capture, open
	StatusSplitClosed     Status = 19 // base of a split capture, closed
	StatusPostponed       Status = 26 // postponed
)

// statusWords are indexed by status; a gap has no word.
var statusWords = [...]string{
	StatusInserted: "inserted", StatusDeclined: "declined", StatusAuthorised: "authorised",
	StatusCaptureSent: "capture sent", StatusCaptureDeclined: "capture declined", StatusCaptured: "captured",
	StatusCancelled: "cancelled", StatusBalanced: "balanced", StatusPartlyRefunded: "partly refunded",
	StatusRefundSent: "refund sent", StatusRefundDeclined: "refund declined", StatusRefunded: "refunded",
	StatusCapturePending: "capture pending", StatusTicket: "ticket", StatusTicketDeleted: "ticket deleted",
	StatusRefundPending: "refund pending", StatusAwaitingShop: "awaiting shop", StatusDeclinedByDIBS: "declined by DIBS",
	StatusSplitOpen: "split open", StatusSplitClosed: "split closed", StatusPostponed: "postponed",
}

// ParseStatus reads a status by its number ("5") or by its word ("captured",
// "partly refunded"). Case does not matter, and `-` and `_` count as spaces.
func ParseStatus(s string) (Status, error) {
	if n, err := strconv.Atoi(s); err == nil && Status(n).known() {
		return Status(n), nil
	}
	word := strings.NewReplacer("-", " ", "_", " ").Replace(s)
	same := func(w string) bool { return w != "" && strings.EqualFold(w, word) }
	if i := slices.IndexFunc(statusWords[:], same); i >= 0 {
		return Status(i), nil
	}
	return 0, fmt.Errorf("%q is not a status: write a FlexWin code (0 to 19, 26) or a word such as \"authorised\", \"captured\" or \"refunded\"", s)
}

// String returns the word and the code, "captured (5)".
func (s Status) String() string {
	if !s.known() {
		return fmt.Sprintf("unknown status (%d)", int(s))
	}
	return fmt.Sprintf("%s (%d)", statusWords[s], int(s))
}

// isTicket reports whether s is that of a stored card, which has no money.
func (s Status) isTicket() bool { return s == StatusTicket || s == StatusTicketDeleted }

// isRefused reports whether s is that of a payment that was never authorised.
func (s Status) isRefused() bool {
	return s == StatusInserted || s == StatusDeclined || s == StatusDeclinedByDIBS
}

func (s Status) known() bool {
	return s >= 0 && int(s) < len(statusWords) && statusWords[s] != ""
}

// inFlight reports whether the acquirer's last word is still to come.
func (s Status) inFlight() bool {
	return s == StatusCaptureSent || s == StatusCapturePending || s == StatusRefundSent || s == StatusRefundPending
}

// holdsMoney reports whether money of the transaction is captured, or on its
// way to be.
func (s Status) holdsMoney() bool {
	switch s {
	case StatusCaptureSent, StatusCapturePending, StatusCaptured, StatusBalanced, StatusPartlyRefunded,
		StatusRefundSent, StatusRefundPending, StatusRefundDeclined, StatusRefunded:
		return true
	}
	return false
}

package plan

import (
	"fmt"

	"flexform/dibs"
)

// A phase is what a status means for the money of an ordinary transaction. The
// zero value stands for every status with which nothing can be planned.
type phase uint8

const (
	phaseUnusable        phase = iota
	phaseAuthorised            // 2: nothing captured
	phaseCapturing             // 3, 12: a capture waits for the acquirer
	phaseCaptureDeclined       // 4: nothing captured
	phaseCaptured              // 5, 7: captured, and no refund to be seen
	phasePartlyRefunded        // 8
	phaseRefunding             // 9, 15: a refund waits for the acquirer
	phaseRefundDeclined        // 10: the last refund came to nothing
	phaseRefunded              // 11: everything
	phaseCancelled             // 6: the authorisation is released
)

func phaseOf(s dibs.Status) phase {
	switch s {
	case dibs.StatusAuthorised:
		return phaseAuthorised
	case dibs.StatusCaptureSent, dibs.StatusCapturePending:
		return phaseCapturing
	case dibs.StatusCaptureDeclined:
		return phaseCaptureDeclined
	case dibs.StatusCaptured, dibs.StatusBalanced:
		return phaseCaptured
	case dibs.StatusPartlyRefunded:
		return phasePartlyRefunded
	case dibs.StatusRefundSent, dibs.StatusRefundPending:
		return phaseRefunding
	case dibs.StatusRefundDeclined:
		return phaseRefundDeclined
	case dibs.StatusRefunded:
		return phaseRefunded
	case dibs.StatusCancelled:
		return phaseCancelled
	}
	return phaseUnusable
}

// taken reports whether the money was captured, whatever became of it since.
func (p phase) taken() bool {
	switch p {
	case phaseCaptured, phasePartlyRefunded, phaseRefunding, phaseRefundDeclined, phaseRefunded:
		return true
	}
	return false
}

// unusable blocks a transaction whose status allows nothing that could be
// asked of it.
func (s *subject) unusable() (ruling, bool) {
	if phaseOf(s.seen.Status) != phaseUnusable {
		return ruling{}, false
	}
	return s.block(CauseStatus, "", "%s", whyUnusable(s.seen.Status))
}

func whyUnusable(s dibs.Status) string {
	switch s {
	case dibs.StatusInserted:
		return "The authorisation was sent to the acquirer and never answered. Only the acquirer or DIBS support can resolve it; plan again when they have."
	case dibs.StatusDeclined:
		return "The acquirer declined the authorisation, so there is no money to move. Remove the transaction from the configuration."
	case dibs.StatusDeclinedByDIBS:
		return "DIBS declined the authorisation before the acquirer saw it, so there is no money to move. Remove the transaction from the configuration."
	case dibs.StatusTicket, dibs.StatusTicketDeleted:
		return "This is a stored card, not a payment. Declare the payment that was made from it."
	case dibs.StatusAwaitingShop:
		return "The payment waits for the shop's approval. Approve or reject it in the DIBS administration, then plan again."
	}
	return fmt.Sprintf("The reference gives the status %s no meaning that a plan could rely on. Look the payment up in the DIBS administration.", s)
}

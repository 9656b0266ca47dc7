package dibs

import "strconv"

// A Result is the code that capture.cgi, refund.cgi, cancel.cgi and
// changestatus.cgi answer with (flexwin.md 4.4).
type Result int

const (
	ResultAccepted            Result = 0
	ResultNoAcquirerResponse  Result = 1 // outcome unknown
	ResultTimeout             Result = 2 // outcome unknown; "parameter error" in the older table
	ResultCardExpired         Result = 3
	ResultRejected            Result = 4
	ResultAuthorisationTooOld Result = 5
	ResultStatusForbids       Result = 6
	ResultAmountTooHigh       Result = 7
	ResultParameterError      Result = 8 // "amount is zero" in the older table
	ResultOrderMismatch       Result = 9
	ResultReauthRejected      Result = 10
	ResultAcquirerUnreachable Result = 11 // outcome unknown
	ResultConfirmError        Result = 12 // outcome unknown
	ResultPendingBatch        Result = 14
	ResultBlocked             Result = 15
	ResultRefundAccepted      Result = 1000 // one client's "refund accepted": accepted, verify later

	// ResultUnstated stands in a [DeclinedError] for a no that came without a
	// code. The gateway never sends it.
	ResultUnstated Result = -1
)

var resultTexts = map[Result]string{
	ResultAccepted: "accepted", ResultNoAcquirerResponse: "no response from the acquirer", ResultTimeout: "timeout",
	ResultCardExpired: "card expired", ResultRejected: "rejected by the acquirer",
	ResultAuthorisationTooOld: "authorisation older than 7 days", ResultStatusForbids: "the transaction's status does not allow it",
	ResultAmountTooHigh: "amount too high", ResultParameterError: "parameter error",
	ResultOrderMismatch: "order id does not match the authorisation", ResultReauthRejected: "re-authorisation was rejected",
	ResultAcquirerUnreachable: "cannot communicate with the acquirer", ResultConfirmError: "confirm request error",
	ResultPendingBatch: "already waiting for a batch", ResultBlocked: "blocked by DIBS", ResultRefundAccepted: "refund accepted",
	ResultUnstated: "no code given",
}

// Accepted reports whether the gateway took the call: codes 0 and 1000.
func (r Result) Accepted() bool { return r == ResultAccepted || r == ResultRefundAccepted }

// Declined reports whether the code says for certain that nothing was carried
// out: 3 to 10, 14 and 15. Codes 1, 2, 11, 12 and any code not in the table
// leave the outcome unknown (hazards R7).
func (r Result) Declined() bool {
	return r >= ResultCardExpired && r <= ResultReauthRejected || r == ResultPendingBatch || r == ResultBlocked
}

// String returns the meaning and the code, "amount too high (7)", and for
// [ResultUnstated] no code.
func (r Result) String() string {
	text, ok := resultTexts[r]
	if !ok {
		text = "unassigned result"
	}
	if r == ResultUnstated {
		return text // it has none that anybody could look up
	}
	return text + " (" + strconv.Itoa(int(r)) + ")"
}

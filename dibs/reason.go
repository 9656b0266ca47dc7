package dibs

import "strconv"

// A Reason is the code that auth.cgi, reauth.cgi, ticket_auth.cgi and
// 3dsecure.cgi decline with (flexwin.md 4.3). The zero value is the gateway's
// own code 0. It is another set of codes than [Result].
type Reason int

const (
	ReasonRejected         Reason = 0  // by the acquirer
	ReasonCommunication    Reason = 1  // outcome unknown
	ReasonParameterError   Reason = 2  // comes with a message
	ReasonAcquirerError    Reason = 3  // outcome unknown
	ReasonCardExpired      Reason = 4  // a ticket ends with its card
	ReasonCardNotSupported Reason = 5  // type unsupported, unidentified, or the number is none
	ReasonInstantCapture   Reason = 6  // capturenow failed: the authorisation may stand
	ReasonOrderNotUnique   Reason = 7  // an earlier call may have had success
	ReasonSplitMismatch    Reason = 8  // number of amounts is not the split's
	ReasonNoCVC            Reason = 9  // this shop demands one
	ReasonOtherCardType    Reason = 10 // card is not of the stated type
	ReasonDefender         Reason = 11 // declined by DIBS Defender
	ReasonCustomer         Reason = 20 // customer cancelled at 3-D Secure
)

var reasonTexts = map[Reason]string{
	ReasonRejected: "rejected by the acquirer", ReasonCommunication: "communication problems",
	ReasonParameterError: "parameter error", ReasonAcquirerError: "error at the acquirer", ReasonCardExpired: "card expired",
	ReasonCardNotSupported: "card type not supported or not identified", ReasonInstantCapture: "instant capture failed",
	ReasonOrderNotUnique: "order id is not unique", ReasonSplitMismatch: "number of amounts differs from the split",
	ReasonNoCVC: "cvc is missing", ReasonOtherCardType: "card is not of the stated type",
	ReasonDefender: "declined by DIBS Defender", ReasonCustomer: "cancelled by the customer at 3-D Secure",
}

// Declined reports whether the code says for certain that this call reserved
// nothing. It does not for 1 and 3, where nobody says how far the acquirer got,
// for 6, which leaves an authorisation behind, or for a code not in the table.
func (r Reason) Declined() bool {
	switch r {
	case ReasonCommunication, ReasonAcquirerError, ReasonInstantCapture:
		return false
	}
	_, known := reasonTexts[r]
	return known
}

// String returns the meaning and the code, "card expired (4)".
func (r Reason) String() string {
	text, ok := reasonTexts[r]
	if !ok {
		text = "unassigned reason"
	}
	return text + " (" + strconv.Itoa(int(r)) + ")"
}

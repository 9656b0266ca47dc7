package bulk

import (
	"strconv"
	"strings"

	"flexform/dibs"
)

// An Outcome says what became of one row.
type Outcome uint8

const (
	_        Outcome = iota // invalid, so a forgotten field is caught
	Accepted                // DIBS took it; accepted is not settled
	Declined                // a definite no: nothing was carried out
	Unknown                 // it may have been carried out
)

// String returns the outcome as one word.
func (o Outcome) String() string {
	switch o {
	case Accepted:
		return "accepted"
	case Declined:
		return "declined"
	case Unknown:
		return "unknown"
	default:
		return "invalid outcome"
	}
}

// NoResult stands for a row that carries no result code.
const NoResult dibs.Result = -1

const (
	wordAccepted = "ACCEPTED"
	wordDeclined = "DECLINED"
	maxCode      = 9999
)

// A verdict is what a response says about one row.
type verdict struct {
	outcome Outcome
	result  dibs.Result
	why     string // for Unknown
}

func contradiction() verdict { return unknown(NoResult, "the row contradicts itself") }

func unknown(result dibs.Result, why string) verdict { return verdict{Unknown, result, why} }

// judge decides what the deciding cells of a row mean, together with its
// reason; an empty reason is none. It is an allow-list: what is not documented
// may have moved money.
//
// The word DECLINED alone decides nothing. It stands beside every code but 0,
// also beside those that leave the outcome open, so it needs one of the others
// as its reason (flexwin.md 4.4).
func judge(k Kind, deciding []string, reason string) verdict {
	code, accepted, declined := NoResult, false, false
	for _, cell := range deciding {
		n, isCode := resultCode(cell)
		switch {
		case isCode && code != NoResult && code != n:
			return contradiction()
		case isCode:
			code = n
		case strings.EqualFold(cell, wordAccepted):
			accepted = true
		case strings.EqualFold(cell, wordDeclined):
			declined = true
		default:
			return unknown(NoResult, "neither a result code nor ACCEPTED or DECLINED")
		}
	}
	why, hasReason := resultCode(reason)
	var v verdict
	switch {
	case code != NoResult:
		v = judgeCode(k, code)
	case declined && hasReason:
		v = judgeCode(k, why)
	case declined:
		return unknown(NoResult, "DECLINED without a code leaves open why")
	case accepted:
		v = verdict{outcome: Accepted, result: NoResult}
	default:
		return unknown(NoResult, "nothing says what became of it")
	}
	took := v.outcome == Accepted
	if accepted && !took || declined && took || hasReason && judgeCode(k, why).outcome != v.outcome {
		return contradiction()
	}
	return v
}

func judgeCode(k Kind, r dibs.Result) verdict {
	switch {
	case r.Accepted():
		return verdict{outcome: Accepted, result: r}
	case !r.Declined():
		return unknown(r, r.String())
	case k.Tickets() && ambiguous(r):
		return unknown(r, "code "+strconv.Itoa(int(r))+" leaves the outcome of a ticket payment open")
	}
	return verdict{outcome: Declined, result: r}
}

// ambiguous reports whether a code that declines by the table of results says
// something else by the table of authorisation reasons. Which of the two the
// response to a ticket file uses is not documented; there 3 is an error at the
// acquirer, and 6 an authorisation whose capture failed (flexwin.md 4.3, 4.4).
func ambiguous(r dibs.Result) bool {
	return r == dibs.ResultCardExpired || r == dibs.ResultStatusForbids
}

// resultCode reads a code in its one usual spelling.
func resultCode(s string) (dibs.Result, bool) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > maxCode || strconv.Itoa(n) != s {
		return 0, false
	}
	return dibs.Result(n), true
}

package dibs

import (
	"errors"
	"fmt"
	"strings"
)

// An answer is what a reply to a capture, refund or cancel says.
type answer struct {
	results  int // pairs called result
	result   string
	statuses []string
	transact string
	reasons  []string
	cardType string
	message  string
	conflict bool // two different transacts
}

func (r reply) answer() answer {
	var a answer
	for name, value := range r.pairs() {
		switch name {
		case "result":
			a.result = value
			a.results++
		case "status":
			a.statuses = append(a.statuses, value)
		case "transact":
			a.conflict = a.conflict || a.transact != "" && a.transact != value
			a.transact = value
		case "reason":
			a.reasons = append(a.reasons, value)
		case "cardtype":
			a.cardType = value
		case "message":
			a.message = value
		}
	}
	return a
}

// decide returns the result when it is certain: [Result.Accepted] or
// [Result.Declined]. An error says why the reply decides nothing. It is an
// allow-list: a reply that is not exactly what is documented is not understood,
// and what is not understood may have moved money (hazards R7, R43).
func (h handling) decide(r reply, a answer) (Result, error) {
	if a.conflict || a.transact != "" && a.transact != string(h.transact) {
		return 0, errors.New("the reply names another transaction")
	}
	result, err := h.result(r, a)
	if err != nil {
		return 0, err
	}
	if !result.Accepted() && !result.Declined() {
		return 0, fmt.Errorf("the gateway answered %s", result)
	}
	want := "DECLINED"
	if result.Accepted() {
		want = "ACCEPTED"
		// A reason is why not. Beside a decline it may be a code of the other
		// table (flexwin.md 4.3), and changes nothing.
		for _, reason := range a.reasons {
			if reason != "" && reason != "0" && reason != a.result {
				return 0, errors.New("the reply contradicts itself: accepted, but with a reason")
			}
		}
	}
	for _, status := range a.statuses {
		if !strings.EqualFold(status, want) {
			return 0, fmt.Errorf("the reply contradicts itself: result %s, but another status", result)
		}
	}
	return result, nil
}

// result reads the one result of the reply. A capture's reply may do with
// status=ACCEPTED alone (flexwin.md 5.4).
func (h handling) result(r reply, a answer) (Result, error) {
	switch {
	case a.results > 1:
		return 0, errors.New("the reply has more than one result")
	case a.results == 0 && h.service == captureCGI && len(a.statuses) > 0 && strings.EqualFold(a.statuses[0], "ACCEPTED") && r.whole:
		return ResultAccepted, nil
	case a.results == 0:
		return 0, errors.New("the reply has no result")
	}
	n, ok := code(a.result)
	switch {
	case !ok:
		return 0, errors.New("the reply's result is not a number")
	case n == int(ResultReauthRejected) && r.mayBeCut("result"):
		return 0, fmt.Errorf("the reply ends in result %d and may be a part of %d", ResultReauthRejected, ResultRefundAccepted)
	}
	return Result(n), nil
}

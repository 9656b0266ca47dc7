package plan

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"flexform/dibs"
	"flexform/schema"
	"flexform/statefile"
)

// orderReader has one order, with transactions in these statuses.
type orderReader struct {
	statuses map[dibs.TransactID]dibs.Status
	named    []dibs.TransactID
	err      error
}

func (r orderReader) TransInfo(context.Context, dibs.TransInfoRequest) (dibs.TransInfo, error) {
	return dibs.TransInfo{Transacts: r.named}, r.err
}

func (r orderReader) TransStatus(_ context.Context, id dibs.TransactID) (dibs.Status, error) {
	status, ok := r.statuses[id]
	if !ok {
		return 0, errors.New("no answer")
	}
	return status, nil
}

func TestPaymentOf(t *testing.T) {
	statuses := map[dibs.TransactID]dibs.Status{"1": 1, "17": 17, "2": 2, "5": 5, "0": 0}
	for name, tt := range map[string]struct {
		named []dibs.TransactID
		err   error
		want  string
	}{
		"no order":                  {nil, &dibs.NotFoundError{}, " inserted (0)"},
		"no answer":                 {nil, errors.New("reset"), "reset"},
		"an answer without one":     {nil, nil, "transinfo named no transaction"},
		"a payment":                 {[]dibs.TransactID{"2"}, nil, "2 authorised (2)"},
		"a declined one":            {[]dibs.TransactID{"1"}, nil, "1 declined (1)"},
		"declined, and a payment":   {[]dibs.TransactID{"1", "17", "5"}, nil, "5 captured (5)"},
		"a payment, and declined":   {[]dibs.TransactID{"5", "1"}, nil, "5 captured (5)"},
		"declined twice":            {[]dibs.TransactID{"1", "17"}, nil, "17 declined by DIBS (17)"},
		"two payments":              {[]dibs.TransactID{"2", "5"}, nil, `order "A" belongs to several payments: 2, 5`},
		"not answered, and one":     {[]dibs.TransactID{"0", "5"}, nil, `order "A" belongs to several payments: 0, 5`},
		"one that cannot be read":   {[]dibs.TransactID{"1", "9"}, nil, "no answer"},
		"more than anybody charges": {make([]dibs.TransactID, 21), nil, `order "A" belongs to 21 transactions`},
	} {
		id, status, err := PaymentOf(t.Context(), orderReader{statuses, tt.named, tt.err}, "A", dkk(t, 9900))
		got := fmt.Sprintf("%s %s", id, status)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// A payment that may be the late one of another ticket's charge, which a person
// took for lost, proves nothing about this one.
func TestRivalOfACharge(t *testing.T) {
	key := statefile.Key{Merchant: merchant, Transact: ticket}
	mine := statefile.Action{Step: statefile.Step{Key: key, Verb: statefile.Charge, OrderID: "A", From: dkk(t, 0), To: dkk(t, 9900)}, State: unknown}
	for name, tt := range map[string]struct {
		transact string
		minor    int64
		state    statefile.ActionState
		want     Judgement
	}{
		"resolved as not done": {"270000544", 9900, notDone, Undecidable},
		"of another amount":    {"270000544", 4900, notDone, Settled},
		"an earlier try":       {ticket, 9900, notDone, Settled},
		"declined":             {"270000544", 9900, declined, Settled},
		"never sent":           {"270000544", 9900, notSent, Settled},
	} {
		other := mine
		other.Transact, other.To, other.State, other.ID = tt.transact, dkk(t, tt.minor), tt.state, "other"
		records := memory{other.Key: {Key: other.Key, Actions: []statefile.Action{other}}}
		if got := JudgeCharge(records, mine, "9-A", 5); got != tt.want {
			t.Errorf("the other one %s: %s, want %s", name, got, tt.want)
		}
		if err := CheckChargeOutcome(records, mine, "9-A", 5, false); (err == nil) != (tt.want == Undecidable) {
			t.Errorf("the other one %s: a person says not done: %v", name, err)
		}
	}
	// Whoever heard that the order is not unique knows more than one declined try
	// shows.
	no := int(dibs.ReasonOrderNotUnique)
	if mine.Code = &no; CheckChargeOutcome(memory{}, mine, "9-A", 1, true) != nil {
		t.Error("a person may not say done of an order that the gateway has")
	}
}

// An order that the gateway refused because it has it is not offered again, for
// any amount: it would be refused again.
func TestOrderThatIsTaken(t *testing.T) {
	for name, tt := range map[string]struct {
		minor int64
		seen  map[string]ChargeObservation
		want  string
	}{
		"and is not to be found": {9900, nil, "blocked: drift"},
		"for another amount":     {4900, nil, "blocked: drift"},
		"and is found by now":    {9900, map[string]ChargeObservation{"A": {Payment: "9-A", Status: 2}}, `blocked: drift flexform adopt 'ticket.gold.charge["A"]' --evidence "…"`},
	} {
		in := cardTale{charges: []schema.Charge{chargeOf(t, "A", tt.minor)}, status: 13, seen: tt.seen, ledger: []try{{"A", 9900, notDone}}}.input(t)
		for key, record := range in.State.(memory) {
			*record.Actions[0].Code = int(dibs.ReasonOrderNotUnique)
			in.State.(memory)[key] = record
		}
		if got := told(Build(in)); got != tt.want {
			t.Errorf("%s: Build = %s, want %s", name, got, tt.want)
		}
	}
}

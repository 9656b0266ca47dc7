package plan

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/schema"
)

// A charge that is to be captured and was only authorised is not silently short:
// it is looked at again, and blocked as long as the money is not taken.
func TestChargeThatWasNotCaptured(t *testing.T) {
	for name, tt := range map[string]struct {
		capture bool
		ledger  dibs.Status // of the payment, when it was seen last
		now     ChargeObservation
		want    string
		asks    bool
	}{
		"authorised":             {true, 2, ChargeObservation{Payment: "9-A", Status: 2}, "blocked: status", true},
		"its capture declined":   {true, 4, ChargeObservation{Payment: "9-A", Status: 4}, "blocked: status", true},
		"captured since":         {true, 2, ChargeObservation{Payment: "9-A", Status: 5}, "unchanged", true},
		"on its way since":       {true, 2, ChargeObservation{Payment: "9-A", Status: 12}, "unchanged", true},
		"not read":               {true, 2, ChargeObservation{Err: errors.New("reset")}, "blocked: unread", true},
		"captured at once":       {true, 5, ChargeObservation{}, "unchanged", false},
		"only to be authorised":  {false, 2, ChargeObservation{}, "unchanged", false},
		"another payment by now": {true, 2, ChargeObservation{Payment: "1", Status: 2}, "blocked: drift", true},
	} {
		charge := chargeOf(t, "A", 9900)
		charge.Capture = tt.capture
		in := cardTale{charges: []schema.Charge{charge}, status: 13, ledger: []try{{"A", 9900, done}}, unseen: !tt.asks, seen: map[string]ChargeObservation{"A": tt.now}}.input(t)
		status := int(tt.ledger)
		for _, record := range in.State.(memory) {
			record.Actions[0].PaymentStatus = &status
		}
		in.Config.Merchants = append(in.Config.Merchants, schema.Merchant{Name: "other", ID: "87654321", Mode: schema.ModeSandbox})
		d, problems := Build(in)
		if got := told(d, problems); got != tt.want {
			t.Errorf("%s: Build = %s, want %s", name, got, tt.want)
		}
		for _, b := range d.Body.Blocked {
			if b.Cause == CauseStatus && !strings.Contains(b.Declare, "  merchant = merchant.shop\n  transact = \"9-A\"\n  orderid  = \"A\"\n  amount   = \"99.00 DKK\"\n  captured = full") {
				t.Errorf("%s: declare %s", name, b.Declare)
			}
		}
		r := &ticketReader{}
		if _, err := ObserveTickets(t.Context(), ObserveInput{Config: in.Config, State: in.State, Gateways: map[string]Gateway{merchant: {Reader: r}}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if asked := slices.Contains(r.asked, "order A"); asked != tt.asks {
			t.Errorf("%s: asked %v", name, r.asked)
		}
	}
}

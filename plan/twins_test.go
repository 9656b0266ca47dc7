package plan

import (
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/statefile"
)

// An order can have two payments: a customer paid twice, or paid anew after a
// cancel. transinfo finds the newest. What flexform did to one of them was
// asked for once, and must not be done to the other as well.
func TestAnotherPaymentOfTheSameOrder(t *testing.T) {
	const other = "99999999"
	refunded := func(transact string) memory {
		r, _ := tale{refunded: "50.00", status: 8, ledger: deeds(refundOf(0, 5000, done, 5))}.record(t)
		r.Transact = transact
		return memory{r.Key: r}
	}
	for name, tt := range map[string]struct {
		ledger memory
		named  string // transact of the configuration
		found  string
		want   string // "" for an action
	}{
		"the ledger has another":                  {refunded(transact), "", other, transact},
		"the ledger has another, and it is named": {refunded(transact), other, other, ""},
		"the ledger has this one":                 {refunded(transact), "", transact, ""},
		"the ledger has neither":                  {memory{}, "", other, ""},
		"the ledger has both": {func() memory {
			both := refunded(transact)
			for k, r := range refunded(other) {
				both[k] = r
			}
			return both
		}(), "", other, transact},
	} {
		t.Run(name, func(t *testing.T) {
			in := tale{refunded: "80.00", status: 8}.input(t)
			in.State = tt.ledger
			if _, known := tt.ledger[statefile.Key{Merchant: merchant, Transact: tt.found}]; !known {
				in.Observations[0].Status = 5
			}
			in.Config.Transactions[0].Transact = tt.named
			in.Observations[0].Transact = dibs.TransactID(tt.found)
			draft, problems := Build(in)
			if len(problems) > 0 {
				t.Fatalf("problems %v", problems)
			}
			switch blocked := draft.Body.Blocked; {
			case tt.want == "" && (len(blocked) > 0 || len(draft.Body.Actions) != 1):
				t.Errorf("Build = %d actions, blocked %v; want one action", len(draft.Body.Actions), blocked)
			case tt.want != "" && (len(draft.Body.Actions) > 0 || len(blocked) != 1 || blocked[0].Cause != CauseMismatch || !strings.Contains(blocked[0].Detail, tt.want)):
				t.Errorf("Build = actions %v, blocked %v; want none, and a mismatch that names %s", draft.Body.Actions, blocked, tt.want)
			}
		})
	}
}

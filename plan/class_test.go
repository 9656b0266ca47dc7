package plan

import (
	"testing"

	"flexform/statefile"
)

// What the gateway would refuse a second time hangs on what was captured. The
// configuration's word for that is no limit of the gateway's: of 200.00 that
// were captured in truth, a refund of 60.00 can be paid twice.
func TestClassOfADeclaredCapture(t *testing.T) {
	for name, tt := range map[string]struct {
		tale tale
		want Class
	}{
		"only declared":          {tale{captured: "100.00", refunded: "60.00", status: 5}, Counted},
		"payinfo shows less":     {tale{captured: "100.00", refunded: "60.00", status: 5, paid: 10000}, SelfLimiting},
		"the ledger captured it": {tale{captured: "100.00", refunded: "60.00", status: 5, ledger: deeds(captureOf(10000, done, 2))}, SelfLimiting},
		"all of it":              {tale{captured: "full", refunded: "120.00", status: 5}, SelfLimiting},
		"more than half":         {tale{captured: "150.00", refunded: "101.00", status: 5}, SelfLimiting},
	} {
		d, problems := Build(tt.tale.input(t))
		if len(problems) > 0 || len(d.Body.Actions) != 1 || d.Body.Actions[0].Verb != statefile.Refund || d.Body.Actions[0].Class != tt.want {
			t.Errorf("%s: %s, want a refund that is %s", name, told(d, problems), tt.want)
		}
	}
}

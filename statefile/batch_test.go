package statefile

import (
	"errors"
	"strings"
	"testing"
)

const (
	fileName = "refund021126_01"
	fileSum  = "sha256:cccc000000000000000000000000000000000000000000000000000000000003"
)

func inBatch(v *Intent) { v.Batch = fileName }

// A batch is released whole or not at all; what it may have done is never
// called undone by anybody but a person; its name is used once.
func TestBatchRules(t *testing.T) {
	claim := Batch{Name: fileName, Plan: planA, Merchant: "12345678", Rows: 2, Digest: fileSum}
	with := func(change func(*Batch)) Batch { v := claim; change(&v); return v }
	one, two := intent("11111111", Refund, 0, 5000, 1, inBatch), intent("11111112", Refund, 0, 5000, 1, inBatch)
	three := intent("11111113", Refund, 0, 5000, 1, inBatch)
	alone := intent("11111114", Refund, 0, 5000, 1)
	releasing, released := Releasing{fileName}, Released{fileName}
	started := []Payload{begin(planA, 4), claim}
	whole := append(started[:2:2], one, two)
	then := func(before []Payload, p ...Payload) []Payload { return append(before[:len(before):len(before)], p...) }
	resolved := Resolved{Action: one.Action, Evidence: "x", Actor: anna}

	for name, tt := range map[string]struct {
		before []Payload
		next   Payload
		why    string // empty: it may follow
	}{
		"a claim":                              {started[:1], claim, ""},
		"a name used twice":                    {started, claim, "used by entry 3"},
		"a name used twice, a plan later":      {then(started, End{Plan: planA}, begin(planB, 2)), with(func(b *Batch) { b.Plan = planB }), "once, forever"},
		"a claim without a plan":               {nil, claim, "not being applied"},
		"a claim of another plan":              {started[:1], with(func(b *Batch) { b.Plan = planB }), "not being applied"},
		"a claim without rows":                 {started[:1], with(func(b *Batch) { b.Rows = 0 }), "0 rows"},
		"a claim of more than the plan":        {started[:1], with(func(b *Batch) { b.Rows = 5 }), "4 actions left"},
		"a claim without a digest":             {started[:1], with(func(b *Batch) { b.Digest = "sha256:CC" }), "no digest"},
		"a claim of no name":                   {started[:1], with(func(b *Batch) { b.Name = "../refund" }), "letters and digits"},
		"a row of nothing":                     {started[:1], one, "nobody has claimed"},
		"a row of another merchant":            {then(started[:1], with(func(b *Batch) { b.Merchant = "7" })), one, "another plan or merchant"},
		"a row that is no refund":              {started, intent("11111111", Capture, 0, 5000, 1, inBatch), "holds refunds"},
		"a row too many":                       {whole, three, "one more"},
		"a row after the release":              {then(whole, releasing), three, "takes no further row"},
		"a call beside it":                     {whole, alone, ""},
		"a release":                            {whole, releasing, ""},
		"a release of nothing":                 {started[:1], releasing, "nobody has claimed"},
		"a release of a part":                  {then(started, one), releasing, "only 1 intents"},
		"a release after the apply":            {then(whole, End{Plan: planA}), releasing, "not being applied"},
		"a second try to release":              {then(whole, releasing, End{Plan: planA}), releasing, ""},
		"a second try after a person's word":   {then(whole, releasing, resolved), releasing, "1 of 2 rows"},
		"a release of what is not sent":        {then(whole, outcome(one, NotSent)), releasing, "1 of 2 rows"},
		"a release of what is released":        {then(whole, releasing, released), releasing, "was released"},
		"released":                             {then(whole, releasing), released, ""},
		"released by somebody else":            {then(started, one), released, ""},
		"released twice":                       {then(whole, releasing, released), released, "released already"},
		"released nothing":                     {started[:1], released, "nobody has claimed"},
		"not sent":                             {whole, outcome(one, NotSent), ""},
		"not sent, perhaps released":           {then(whole, releasing), outcome(one, NotSent), "may have been released"},
		"not sent, released":                   {then(whole, released), outcome(one, NotSent), "may have been released"},
		"accepted":                             {then(whole, releasing, released), outcome(one, Accepted), ""},
		"declined, the release never recorded": {then(whole, releasing), outcome(one, Declined), ""},
		"accepted before any release":          {whole, outcome(one, Accepted), "never released"},
		"declined before any release":          {whole, outcome(one, Declined), "never released"},
		"unknown before any release":           {whole, outcome(one, Unknown), "never released"},
		"not done by status":                   {then(whole, releasing, released), observed(one, 5, VerdictNotDone), "no status proves"},
		"not done by status, answered":         {then(whole, releasing, released, outcome(one, Unknown)), observed(one, 5, VerdictNotDone), "no status proves"},
		"done by status":                       {then(whole, releasing, released), observed(one, 11, VerdictDone), ""},
		"done by status before any release":    {whole, observed(one, 11, VerdictDone), "never released"},
		"settled":                              {then(whole, releasing, released, outcome(one, Accepted)), observed(one, 8, VerdictSettled), ""},
		"a person's word":                      {then(whole, releasing, released), resolved, ""},
	} {
		_, err := Fold(then(tt.before, tt.next)...)
		if tt.why == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if _, ok := errors.AsType[*ImpossibleError](err); !ok || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: error %v, want an *ImpossibleError with %q", name, err, tt.why)
		}
	}
}

// The state tells how far a batch has come, with its rows in order.
func TestBatchState(t *testing.T) {
	one, two := intent("11111111", Refund, 0, 5000, 1, inBatch), intent("11111112", Refund, 0, 6000, 1, inBatch, func(v *Intent) { v.OrderID = "other" })
	s, err := Fold(begin(planA, 3), Batch{Name: fileName, Plan: planA, Merchant: "12345678", Rows: 2, Digest: fileSum}, two, one,
		Releasing{fileName}, Released{fileName}, outcome(two, Accepted))
	if err != nil {
		t.Fatal(err)
	}
	use, ok := s.Batch(fileName)
	if all := s.Batches(); !ok || len(all) != 1 || all[0].Name != fileName || all[0].Open != 1 {
		t.Errorf("Batches() = %+v, %t", all, ok)
	}
	if use.Seq != 3 || use.Releasing != 6 || use.Released != 7 || use.Open != 1 || !use.Exposed() {
		t.Errorf("Batch(%s) = %+v", fileName, use)
	}
	rows, orders := s.BatchActions(fileName)
	if len(rows) != 2 || rows[0].ID != two.Action || rows[1].ID != one.Action || rows[0].State != ActionAccepted || orders[0] != "other" {
		t.Errorf("BatchActions(%s) = %+v, %v", fileName, rows, orders)
	}
	if _, ok := s.Batch("refund021126_02"); ok {
		t.Error("there is a batch that nobody claimed")
	}
}

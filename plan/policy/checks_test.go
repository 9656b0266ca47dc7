package policy

import (
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

var checkPlans = flag.Int("checks.n", 1000, "how many random plans TestChecksAgainstOracle holds checks against")

// checksOf loads check blocks, as they stand in settings.
func checksOf(t testing.TB, text string) ([]schema.Check, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "settings.hcl"), []byte("merchant \"shop\" {\n  id = \"12345678\"\n  gateway = \"sandbox\"\n}\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, diags := schema.Load(dir, schema.LoadOptions{})
	if diags.HasErrors() {
		return nil, diags
	}
	return c.Checks, nil
}

func checkText(name, severity, condition, message string) string {
	return fmt.Sprintf("check %q {\n  condition     = %s\n  error_message = %s\n  severity      = %q\n}\n", name, condition, message, severity)
}

// The plan of newWorld captures 150.00, refunds 30.00 and 150.00 and cancels
// 200.00 DKK.
func TestChecks(t *testing.T) {
	for name, tt := range map[string]struct {
		severity, condition, message string
		want                         []string // each failure, without the place
		blocks                       bool
	}{
		"it holds":                {"error", `plan.totals.DKK.refund.sum <= "180.00 DKK"`, `"no"`, nil, false},
		"it does not":             {"error", `plan.totals.DKK.refund.sum < "180.00 DKK"`, `"Too much: ${plan.totals.DKK.refund.sum}."`, []string{"Too much: 180.00 DKK."}, true},
		"it warns":                {"warning", `plan.counts.refund < 2`, `"Two."`, []string{"Two."}, false},
		"each action":             {"error", `action.amount <= "150.00 DKK"`, `"Too large."`, []string{"Too large. (1 action: transaction.cancel)"}, true},
		"several, in one line":    {"error", `action.action != "refund"`, `"No refunds."`, []string{"No refunds. (2 actions: transaction.refund, transaction.all)"}, true},
		"several, each by name":   {"error", `action.action != "refund"`, `"Not ${action.amount}."`, []string{"Not 30.00 DKK. (1 action: transaction.refund)", "Not 150.00 DKK. (1 action: transaction.all)"}, true},
		"it cannot be worked out": {"error", `action.amount <= "5.00 EUR"`, `"no"`, []string{"cannot be worked out, so it does not pass: "}, true},
		"nor can a warning":       {"warning", `plan.actions[9].attempt == 1`, `"no"`, []string{"cannot be worked out, so it does not pass: "}, true},
		"nor its message":         {"warning", `plan.counts.refund < 2`, `plan.actions[9].reason`, []string{"it does not hold, and its error_message cannot be worked out"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			checks, err := checksOf(t, checkText("a", tt.severity, tt.condition, tt.message))
			if err != nil {
				t.Fatal(err)
			}
			w.config.Checks = checks
			found := Checks(w.plan, w.config)
			if len(found) != len(tt.want) {
				t.Fatalf("Checks = %v, want %q", found, tt.want)
			}
			for i, f := range found {
				if !strings.Contains(f.String(), tt.want[i]) || !strings.HasPrefix(f.String(), `check "a" (settings.hcl:5)`) {
					t.Errorf("failure %d is %q, want %q", i, f, tt.want[i])
				}
			}
			_, err = Check(w.plan, w.facts)
			if got := reason(err); (got == CheckFailed) != tt.blocks || got != CheckFailed && got != "" {
				t.Errorf("Check = %v, blocks %t", err, tt.blocks)
			}
		})
	}
}

// A long list of rows is cut, and so is a list of messages; both are counted.
func TestManyFailures(t *testing.T) {
	p := &plan.Plan{}
	for i := range 300 {
		p.Body.Actions = append(p.Body.Actions, plan.Action{Address: fmt.Sprint("transaction.x", i), Verb: statefile.Refund, Currency: "DKK", ToMinor: int64(i + 1)})
	}
	for message, want := range map[string]struct {
		n    int
		text string
	}{`"no"`: {1, "x19 and 280 more"}, `action.address`: {101, "further actions"}} {
		checks, err := checksOf(t, checkText("a", "error", `action.action != "refund"`, message))
		if err != nil {
			t.Fatal(err)
		}
		found := Checks(p, &schema.Config{Checks: checks})
		rows := 0
		for _, f := range found {
			rows += len(f.Rows)
		}
		if last := found[len(found)-1]; len(found) != want.n || rows != 300 || !strings.Contains(last.String(), want.text) {
			t.Errorf("%s: %d failures with %d rows, the last is %q; want %d and %q", message, len(found), rows, last, want.n, want.text)
		}
	}
}

// A plan's values are of the types that conditions were checked with, whatever
// is in the plan.
func TestPlanValueTypes(t *testing.T) {
	for name, b := range map[string]plan.Body{
		"nothing": {},
		"strange": {Actions: []plan.Action{{Currency: "???"}}, Blocked: []plan.Blocked{{}}, Notices: []plan.Notice{{}}, Summary: []plan.Sum{{Currency: "???"}}},
		"money":   {Actions: []plan.Action{{Currency: "DKK", ToMinor: 5}}},
	} {
		whole, actions := planValue(b)
		if err := whole.Type().TestConformance(schema.PlanType()); err != nil {
			t.Errorf("%s: the plan is no PlanType: %v", name, err)
		}
		for _, a := range actions {
			if err := a.Type().TestConformance(schema.ActionType()); err != nil {
				t.Errorf("%s: the action is no ActionType: %v", name, err)
			}
		}
	}
	for _, class := range []plan.Class{plan.SelfLimiting, plan.Counted, plan.Moneyless} {
		if _, err := checksOf(t, checkText("a", "error", fmt.Sprintf("action.class == %q", class), `"no"`)); err != nil {
			t.Errorf("conditions do not know the class %s: %v", class, err)
		}
	}
}

// A rule is a condition with what it means, in the oracle's own way.
type rule struct {
	text  string
	holds func(all []plan.Action) bool
}

// anyRule makes a random rule about money.
func anyRule(r *rand.Rand) rule {
	verb := []statefile.Verb{statefile.Refund, statefile.Capture, statefile.Cancel}[r.IntN(3)]
	code := []string{"DKK", "EUR", "JPY"}[r.IntN(3)]
	c, _ := money.ParseCurrency(code)
	bound, _ := money.NewTotal(r.Int64N(400), c)
	like := func(a plan.Action) bool { return a.Verb == verb && a.Currency == code }
	moved := func(a plan.Action) *big.Int { return new(big.Int).Sub(big.NewInt(a.ToMinor), big.NewInt(a.FromMinor)) }
	most := func(limit *big.Int) func([]plan.Action) bool {
		return func(all []plan.Action) bool {
			return !slices.ContainsFunc(all, func(a plan.Action) bool { return like(a) && moved(a).Cmp(limit) > 0 })
		}
	}
	sum := func(all []plan.Action) *big.Int {
		total := new(big.Int)
		for _, a := range all {
			if like(a) {
				total.Add(total, moved(a))
			}
		}
		return total
	}
	limit, n := big.NewInt(bound.Minor()), r.IntN(4)
	count := func(all []plan.Action) int {
		return len(slices.DeleteFunc(slices.Clone(all), func(a plan.Action) bool { return !like(a) }))
	}
	switch r.IntN(7) {
	case 0:
		return rule{fmt.Sprintf("action.action != %q || action.currency != %q || action.amount <= %q", verb, code, bound), most(limit)}
	case 1:
		return rule{fmt.Sprintf("!(action.action == %q && action.currency == %q) || !(%q < action.amount)", verb, code, bound), most(limit)}
	case 2:
		return rule{fmt.Sprintf("plan.totals.%s.%s.largest <= %q", code, verb, bound), most(limit)}
	case 3:
		return rule{fmt.Sprintf("plan.totals[%q].%s.sum < %q", code, verb, bound), func(all []plan.Action) bool { return sum(all).Cmp(limit) < 0 }}
	case 4:
		return rule{fmt.Sprintf("sum([for a in plan.actions : a.amount if a.action == %q && a.currency == %q], %q) <= %q", verb, code, code, bound),
			func(all []plan.Action) bool { return sum(all).Cmp(limit) <= 0 }}
	case 5:
		return rule{fmt.Sprintf("length([for a in plan.actions : a if a.action == %q && a.currency == %q]) <= %d", verb, code, n), func(all []plan.Action) bool { return count(all) <= n }}
	default:
		return rule{fmt.Sprintf("plan.totals.%s.%s.count != %d", code, verb, n), func(all []plan.Action) bool { return count(all) != n }}
	}
}

// PROP: random checks hold for random plans exactly when the oracle, which
// counts in whole numbers of any size, says so.
func TestChecksAgainstOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(81, 1))
	held, failed := 0, 0
	for range *checkPlans/20 + 1 {
		rules := []rule{anyRule(r), anyRule(r), anyRule(r)}
		text := ""
		for i, rule := range rules {
			text += checkText(fmt.Sprint(i), "error", rule.text, `"no"`)
		}
		checks, err := checksOf(t, text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for range 20 {
			p := anyPlan(r)
			failing := map[string]bool{}
			for _, f := range Checks(p, &schema.Config{Checks: checks}) {
				if f.Broken {
					t.Fatalf("%s of\n%s", f, text)
				}
				failing[f.Check] = true
			}
			for i, rule := range rules {
				want := rule.holds(p.Body.Actions)
				if got := !failing[fmt.Sprint(i)]; got != want {
					t.Fatalf("%s: %t, and the oracle says %t of %+v", rule.text, got, want, p.Body.Actions)
				}
				if want {
					held++
				} else {
					failed++
				}
			}
		}
	}
	t.Logf("%d held, %d failed", held, failed)
	if held < *checkPlans/4 || failed < *checkPlans/4 {
		t.Errorf("%d held and %d failed prove little", held, failed)
	}
}

// anyPlan is a sealed plan of random actions.
func anyPlan(r *rand.Rand) *plan.Plan {
	body := plan.Body{Mode: schema.ModeTest}
	for i := range 1 + r.IntN(5) {
		amount := 1 + r.Int64N(500)
		a := plan.Action{
			Address: fmt.Sprint("transaction.x", i), Merchant: "12345678", Transact: fmt.Sprint(11111111 + i), OrderID: "1", Verb: statefile.Refund, AmountMinor: 2 * amount,
			Currency: []string{"DKK", "EUR", "JPY"}[r.IntN(3)], ToMinor: amount, Attempt: 1, Class: plan.SelfLimiting, Status: 5,
		}
		switch r.IntN(3) {
		case 0:
			a.Verb, a.Status = statefile.Capture, 2
		case 1:
			a.Verb, a.ToMinor, a.Status = statefile.Cancel, a.AmountMinor, 2
		default:
			a.FromMinor = r.Int64N(a.ToMinor)
		}
		i := slices.IndexFunc(body.Summary, func(s plan.Sum) bool { return s.Currency == a.Currency && s.Verb == a.Verb })
		if i < 0 {
			i = len(body.Summary)
			body.Summary = append(body.Summary, plan.Sum{Currency: a.Currency, Verb: a.Verb})
		}
		moved := a.ToMinor - a.FromMinor
		body.Summary[i].Count++
		body.Summary[i].Minor += moved
		body.Summary[i].LargestMinor = max(body.Summary[i].LargestMinor, moved)
		body.Actions = append(body.Actions, a)
	}
	return &plan.Plan{Body: body}
}

// Whatever the condition and the plan: no panic, the same answer twice, and a
// condition that comes to nothing that is true for an action keeps the plan
// from being applied.
func FuzzChecks(f *testing.F) {
	for _, condition := range []string{
		`action.amount <= "5.00 DKK"`, `plan.totals.DKK.refund.sum + "1 DKK" < "9 DKK"`, `null`, `plan.actions[0].amount > "1 EUR" && false`,
		`alltrue([for a in plan.actions : a.currency != "DKK" || a.amount < "3 DKK"])`, `length(plan.actions[*].reason) / 0 > 1`, `{for a in plan.actions : a.transact => a}["1"].capture`,
	} {
		f.Add(condition, "DKK", int64(100), int64(300))
		f.Add(condition, "", int64(-9), int64(0))
	}
	f.Fuzz(func(t *testing.T, condition, currency string, from, to int64) {
		checks, err := checksOf(t, "check \"a\" {\n  condition = "+condition+"\n  error_message = \"no\"\n  severity = \"warning\"\n}\n")
		if err != nil || len(checks) != 1 {
			return
		}
		p := &plan.Plan{Body: plan.Body{
			Actions: []plan.Action{{Verb: statefile.Refund, Currency: currency, FromMinor: from, ToMinor: to}, {Verb: statefile.Delete}},
			Summary: []plan.Sum{{Currency: currency, Verb: statefile.Refund, Count: 1, Minor: to - from}},
		}}
		config := &schema.Config{Checks: checks}
		found := Checks(p, config)
		if again := Checks(p, config); fmt.Sprint(found) != fmt.Sprint(again) {
			t.Errorf("%s: %v, and then %v", condition, found, again)
		}
		whole, actions := planValue(p.Body)
		trial, err := checks[0].Try(whole, len(actions))
		if err != nil {
			t.Fatalf("%s was loaded and does not parse: %v", condition, err)
		}
		if !checks[0].PerAction {
			actions = []cty.Value{cty.NilVal}
		}
		for _, a := range actions {
			holds, err := trial.Holds(a)
			if blocks := slices.ContainsFunc(found, Failure.Blocks); err != nil && (holds || !blocks) || !holds && len(found) == 0 {
				t.Errorf("%s: Holds = %t, %v, and Checks = %v", condition, holds, err, found)
			}
		}
	})
}

package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

func check(name, lines string) string {
	return "check \"" + name + "\" {\n" + lines + "\n  error_message = \"no\"\n}\n"
}

// What is wrong with a condition whatever the plan is said by validate, at its
// place, with the nearest name.
func TestCheckMistakes(t *testing.T) {
	for name, tt := range map[string]struct{ block, want string }{
		"no name":                     {"check {\n  condition = true\n  error_message = \"no\"\n}\n", "A check needs a name"},
		"two names":                   {"check \"a\" \"b\" {\n  condition = true\n  error_message = \"no\"\n}\n", "A check has one name"},
		"an empty name":               {check("", "condition = true"), "a text of 1 to 100 bytes"},
		"twice":                       {check("a", "condition = true") + check("a", "condition = true"), "There is a check called \"a\""},
		"no condition":                {check("a", ""), "needs the attribute condition"},
		"no message":                  {"check \"a\" {\n  condition = true\n}\n", "needs the attribute error_message"},
		"a typo in an attribute":      {check("a", "condition = true\n  severty = \"error\""), "Did you mean \"severity\"?"},
		"an unknown severity":         {check("a", "condition = true\n  severity = \"warn\""), "The severity of a check is \"error\""},
		"an assert of Terraform":      {"check \"a\" {\n  assert {\n    condition = true\n  }\n}\n", "assert"},
		"a typo in a name":            {check("a", "condition = length(pln.actions) < 5"), "Nothing is called \"pln\" here. Did you mean \"plan\"?"},
		"a typo in plan":              {check("a", "condition = length(plan.action) < 5"), "plan has no \"action\". Did you mean \"actions\"?"},
		"a typo in action":            {check("a", "condition = action.ammount <= \"5.00 DKK\""), "action has no \"ammount\". Did you mean \"amount\"?"},
		"a typo in a currency":        {check("a", "condition = plan.totals.DKX.refund.sum <= \"5.00 DKK\""), "plan.totals has no \"DKX\""},
		"a typo in a kind":            {check("a", "condition = plan.totals.DKK.refnd.sum <= \"5.00 DKK\""), "plan.totals.DKK has no \"refnd\". Did you mean \"refund\"?"},
		"a typo within a loop":        {check("a", "condition = alltrue([for a in plan.actions : a.resaon != \"\"])"), "a has no \"resaon\". Did you mean \"reason\"?"},
		"a typo in a loop's if":       {check("a", "condition = length([for a in plan.actions : a.reason if a.verb == \"refund\"]) == 0"), "a has no \"verb\""},
		"a typo in a loop in a loop":  {check("a", "condition = alltrue([for a in plan.actions : alltrue([for b in plan.actions : b.order == a.orderid])])"), "b has no \"order\""},
		"a typo behind a star":        {check("a", "condition = length(plan.actions[*].adress) == 0"), "Did you mean \"address\"?"},
		"a list as one":               {check("a", "condition = plan.actions.amount <= \"5.00 DKK\""), "plan.actions is a list, and only what is in it has a \"amount\""},
		"behind a single value":       {check("a", "condition = action.amount.minor < 5"), "action.amount is a single value"},
		"a variable":                  {check("a", "condition = length(plan.actions) < var.most"), "refers to nothing in the configuration"},
		"a local value":               {check("a", "condition = length(plan.actions) < local.most"), "refers to nothing in the configuration"},
		"an unknown function":         {check("a", "condition = lenght(plan.actions) < 5"), "There is no function \"lenght\". Did you mean \"length\"?"},
		"a function that reads":       {check("a", "condition = file(\"x\") == \"\""), "A check reads nothing but the plan"},
		"a table":                     {check("a", "condition = length(csv(\"x\", \"y\")) == 0"), "A check reads nothing but the plan"},
		"a text as the condition":     {check("a", "condition = \"true\""), "condition of a check must be true or false, and this is a text"},
		"a number as the condition":   {check("a", "condition = plan.counts.refund"), "must be true or false, and this is a number"},
		"an amount as the condition":  {check("a", "condition = action.amount"), "must be true or false, and this is a text"},
		"an amount and a number":      {check("a", "condition = action.amount <= 500"), "an amount and a number have nothing in common"},
		"the same in a loop":          {check("a", "condition = alltrue([for a in plan.actions : a.amount <= 500])"), "an amount and a number have nothing in common"},
		"too many decimals":           {check("a", "condition = action.amount <= \"5.000 DKK\""), "has 3 decimals"},
		"no currency":                 {check("a", "condition = action.amount <= \"5.00\""), "is not an amount"},
		"an action that is none":      {check("a", "condition = action.action != \"refunds\""), "action is never \"refunds\". Did you mean \"refund\"?"},
		"a class that is none":        {check("a", "condition = \"self-limited\" != action.class"), "class is never \"self-limited\""},
		"a mode that is none":         {check("a", "condition = plan.mode == \"production\""), "mode is never \"production\""},
		"a currency in small letters": {check("a", "condition = action.currency == \"dkk\""), "currency is never \"dkk\". Did you mean \"DKK\"?"},
		"another merchant's number":   {check("a", "condition = action.merchant == \"87654321\""), "merchant is never \"87654321\""},
		"an unknown merchant":         {check("a", "condition = action.merchant == merchant.shpo.id"), "merchant has no \"shpo\""},
		"values of two kinds":         {check("a", "condition = action.status == \"5\""), "a number is never equal to a text"},
		"a list and nothing":          {check("a", "condition = plan.blocked == []"), "is never equal to"},
		"a message about an action":   {"check \"a\" {\n  condition = plan.counts.refund < 5\n  error_message = action.address\n}\n", "error_message can name it too"},
		"a message that is a number":  {"check \"a\" {\n  condition = true\n  error_message = 5\n}\n", "error_message of a check must be a text"},
		"a typo in a message":         {"check \"a\" {\n  condition = action.amount <= \"5.00 DKK\"\n  error_message = \"${action.adress}\"\n}\n", "Did you mean \"address\"?"},
	} {
		t.Run(name, func(t *testing.T) {
			c, diags := load(t, map[string]string{"main.hcl": shop + tt.block}, LoadOptions{})
			if text := render(c, diags); !diags.HasErrors() || !strings.Contains(strings.ReplaceAll(text, "\n", " "), tt.want) {
				t.Errorf("mistakes = %s\nwant %q", text, tt.want)
			}
		})
	}
}

// worldPlan is a plan with three actions: refunds of 50.00 DKK and 7.00 EUR,
// and a deletion.
func worldPlan() (cty.Value, []cty.Value) {
	action := func(verb, currency string, amount cty.Value) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{
			"address": cty.StringVal("transaction." + verb), "merchant": cty.StringVal("12345678"), "transact": cty.StringVal("11111111"), "orderid": cty.StringVal("1"),
			"action": cty.StringVal(verb), "currency": cty.StringVal(currency), "amount": amount, "authorised": amount, "from": amount, "to": amount,
			"attempt": cty.NumberIntVal(1), "class": cty.StringVal("counted"), "status": cty.NumberIntVal(5), "reason": cty.StringVal("why"), "earlier": cty.StringVal(""), "capture": cty.False,
		})
	}
	actions := []cty.Value{
		action("refund", "DKK", cty.StringVal("50.00 DKK")), action("refund", "EUR", cty.StringVal("7.00 EUR")), action("delete", "", cty.NullVal(cty.String)),
	}
	zero := func(t cty.Type) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"count": cty.NumberIntVal(0), "sum": cty.StringVal("0.00 DKK"), "largest": cty.StringVal("0.00 DKK")})
	}
	totals, counts := map[string]cty.Value{}, map[string]cty.Value{}
	for code, kinds := range PlanType().AttributeType("totals").AttributeTypes() {
		of := map[string]cty.Value{}
		for kind, t := range kinds.AttributeTypes() {
			of[kind] = zero(t)
		}
		totals[code] = cty.ObjectVal(of)
	}
	for kind := range PlanType().AttributeType("counts").AttributeTypes() {
		counts[kind] = cty.NumberIntVal(1)
	}
	return cty.ObjectVal(map[string]cty.Value{
		"mode": cty.StringVal("live"), "actions": cty.ListVal(actions), "totals": cty.ObjectVal(totals), "counts": cty.ObjectVal(counts),
		"blocked": cty.ListValEmpty(BlockedType()), "notices": cty.ListValEmpty(NoticeType()),
	}), actions
}

// What a condition comes to, for the plan or for its first action that it does
// not hold for: true, false, or an error, which is neither.
func TestConditions(t *testing.T) {
	plan, actions := worldPlan()
	for condition, want := range map[string]string{
		`length(plan.actions) == 3`:                                                            "true",
		`plan.counts.refund + plan.counts.capture <= 1`:                                        "false",
		`plan.totals.DKK.refund.sum <= "500 DKK"`:                                              "true",
		`plan.totals["DKK"].refund.largest < "0.01 DKK"`:                                       "true",
		`plan.totals.DKK.refund.sum + plan.totals.DKK.cancel.sum == "0 DKK"`:                   "true",
		`"0.30 DKK" - "0.10 DKK" == "0.20 DKK"`:                                                "true",
		`"0.10 DKK" + "0.20 DKK" == "0.30 DKK"`:                                                "true",
		`"92233720368547758.07 DKK" > "92233720368547758.06 DKK"`:                              "true",
		`"92233720368547758.07 DKK" + "0.01 DKK" > "0 DKK"`:                                    "amount too large",
		`"0.10 DKK" - "0.20 DKK" < "0.30 DKK"`:                                                 "amount below zero",
		`"5.00 DKK" <= "5.00 EUR"`:                                                             "of two currencies",
		`"5.00 DKK" == "5.00 EUR"`:                                                             "false",
		`"5 DKK" == "5.00 DKK"`:                                                                "true",
		`"5 DKK" != "5.00 DKK"`:                                                                "false",
		`"b" > "a"`:                                                                            "is not an amount",
		`sum([for a in plan.actions : a.amount if a.currency == "DKK"], "DKK") == "50.00 DKK"`: "true",
		`sum([], "JPY") == "0 JPY"`:                                                            "true",
		`sum([for a in plan.actions : a.amount], "DKK") < "5.00 DKK"`:                          "currencies differ",
		`sum([for a in plan.actions : a.amount if a.currency == ""], "DKK") < "5.00 DKK"`:      "one of the amounts is null",
		`sum(["1.00 DKK", "1.00 EUR"], "DKK") < "5.00 DKK"`:                                    "currencies differ",
		`alltrue([for a in plan.actions : a.amount > "5.00 DKK"])`:                             "of two currencies",
		`alltrue([for a in plan.actions : a.currency != "DKK" || a.amount > "5.00 DKK"])`:      "true",
		`alltrue([]) && !anytrue([])`:                                                          "true",
		`anytrue([for a in plan.actions : strcontains(a.reason, "h")])`:                        "true",
		`null`:                             "null, no value at all",
		`plan.mode == null`:                "false",
		`true || "5.00 DKK" < "5.00 EUR"`:  "true",
		`"5.00 DKK" < "5.00 EUR" || true`:  "of two currencies",
		`false && "5.00 DKK" < "5.00 EUR"`: "false",
		`"5.00 DKK" < "5.00 EUR" && false`: "of two currencies",
		`false || null`:                    "null",
		`plan.actions[7].status == 5`:      "does not identify an element",
		`1 / 0 > 1`:                        "zero",
		`length([for a in range(1024) : [for b in range(1024) : [for c in range(1024) : c]]]) > 0`: "takes too long",
		`action.amount == null`:                                                  "false",
		`action.currency == "" || action.amount != "0.00 DKK"`:                   "true",
		`action.currency != "DKK" || action.amount <= "49.99 DKK"`:               "false",
		`action.amount <= "500.00 DKK"`:                                          "of two currencies",
		`action.merchant == merchant.shop.id`:                                    "true",
		`length([for a in plan.actions : a if a == action]) == 1`:                "true",
		`length([for action in plan.actions : action.amount]) == 3`:              "true",
		`{ refund = action.currency != "EUR", delete = true }[action.action]`:    "false",
		`upper(action.reason) == "WHY" && action.status == 5 && !action.capture`: "true",
	} {
		t.Run(condition, func(t *testing.T) {
			c, diags := load(t, map[string]string{"main.hcl": shop + "check \"a\" {\n  condition = " + condition + "\n  error_message = \"no\"\n}\n"}, LoadOptions{})
			if diags.HasErrors() {
				if text := strings.ReplaceAll(render(c, diags), "\n", " "); !strings.Contains(text, want) {
					t.Fatalf("mistakes = %s\nwant %q", text, want)
				}
				return
			}
			trial, err := c.Checks[0].Try(plan, len(actions))
			if err != nil {
				t.Fatal(err)
			}
			about := []cty.Value{cty.NilVal}
			if c.Checks[0].PerAction {
				about = actions
			}
			got := "true"
			for _, a := range about {
				holds, err := trial.Holds(a)
				if err != nil {
					got = err.Error()
					if !strings.HasPrefix(got, "main.hcl:") {
						t.Errorf("the error %q has no place", got)
					}
				} else if !holds {
					got = "false"
				}
				if got != "true" {
					break
				}
			}
			if got != want && (want == "true" || want == "false" || !strings.Contains(got, want)) {
				t.Errorf("%s: %s, want %s", condition, got, want)
			}
		})
	}
}

func TestCheckSays(t *testing.T) {
	plan, actions := worldPlan()
	says := func(message string) string {
		t.Helper()
		c, diags := load(t, map[string]string{"main.hcl": shop + "check \"a\" {\n  condition = action.status == 4\n  error_message = " + message + "\n}\n"}, LoadOptions{})
		if diags.HasErrors() {
			t.Fatal(render(c, diags))
		}
		trial, err := c.Checks[0].Try(plan, len(actions))
		if err != nil {
			t.Fatal(err)
		}
		text, err := trial.Says(actions[2])
		if err != nil {
			return err.Error()
		}
		return text
	}
	if got, want := says("<<EOT\n${action.address} of ${plan.counts.refund}\nEOT"), "transaction.delete of 1"; got != want {
		t.Errorf("a message says %q, want %q", got, want)
	}
	if got, want := says(`"${action.amount} is too much"`), "null"; !strings.Contains(got, want) {
		t.Errorf("a message of nothing says %q, want %q", got, want)
	}
	if got := says(`"` + strings.Repeat("x", 5000) + `"`); len(got) > 1010 {
		t.Errorf("a message has %d bytes", len(got))
	}
}

// R81: what a check says is in the settings digest, and not where it stands.
func TestChecksDigest(t *testing.T) {
	a, b := check("a", "condition = true"), check("b", "condition = plan.counts.refund < 5")
	_, base := digestsOf(t, map[string]string{"main.hcl": shop + a + b}, LoadOptions{})
	if _, got := digestsOf(t, map[string]string{"main.hcl": b + shop, "x.hcl": "\n" + a}, LoadOptions{}); got != base {
		t.Error("the digest depends on where the checks stand")
	}
	for name, text := range map[string]string{
		"none": "", "one less": a, "another name": a + check("c", "condition = plan.counts.refund < 5"), "another condition": a + check("b", "condition = plan.counts.refund < 6"),
		"a warning": a + check("b", "severity = \"warning\"\n  condition = plan.counts.refund < 5"), "another message": a + strings.Replace(b, "\"no\"", "\"yes\"", 1),
	} {
		if _, got := digestsOf(t, map[string]string{"main.hcl": shop + text}, LoadOptions{}); got == base {
			t.Errorf("%s: the settings digest stays the same", name)
		}
	}
}

// R81: beside a settings file, a check in the folder is a mistake, as every
// setting is: it cannot take the place of one there.
func TestCheckBesideSettings(t *testing.T) {
	settings := filepath.Join(t.TempDir(), "settings.hcl")
	if err := os.WriteFile(settings, []byte(shop+check("a", "condition = length(plan.actions) < 5")), 0o600); err != nil {
		t.Fatal(err)
	}
	c, diags := load(t, map[string]string{"main.hcl": ""}, LoadOptions{Settings: settings})
	if diags.HasErrors() || len(c.Checks) != 1 || c.Checks[0].Source.File != settings {
		t.Fatalf("checks = %+v\n%s", c.Checks, render(c, diags))
	}
	c, diags = load(t, map[string]string{"main.hcl": check("a", "condition = true")}, LoadOptions{Settings: settings})
	if text := render(c, diags); !strings.Contains(text, "Setting outside the settings file") {
		t.Errorf("mistakes = %s", text)
	}
}

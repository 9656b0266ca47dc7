package schema

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestRandomConfigurations puts blocks together from values that are right,
// nearly right and wrong. Whatever comes of it, a configuration with mistakes
// says where, and one without keeps its promises.
func TestRandomConfigurations(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	// The first values of a list are right more often than the last.
	pick := func(list []string) string {
		return list[min(random.IntN(len(list)), random.IntN(len(list)), random.IntN(len(list)))]
	}
	amounts := []string{`"200.00 DKK"`, `"50.00 DKK"`, `"0.00 DKK"`, `"5 DKK"`, `"1.00 EUR"`, `minor(100, "DKK")`, `minor(100, var.currency)`, `local.amount`, `"${local.amount}"`, `"${each.value.amount} DKK"`,
		`each.value.total`, `"-1.00 DKK"`, `"1.0 DKK"`, `7`, `null`, `true`, `"${7} DKK"`, `"${each.value.amount} ${each.value.currency}"`, `each.key`, `local.gone`, `"99999999.99 DKK"`, `""`, `"x"`, `full`}
	pools := map[string][]string{
		"merchant":    {`merchant.shop`, `merchant.shop`, `merchant["shop"]`, `merchant.outlet`, `null`, `"shop"`, `merchant[each.key]`},
		"transact":    {`"11111111"`, `each.key`, `each.value.transact`, `null`, `"1"`, `"x"`, `11111111`, `"1111111${each.key}"`, `local.number`},
		"orderid":     {`"1001"`, `each.key`, `each.value.orderid`, `"o-${each.key}"`, `"o-${each.value.orderid}-${var.currency}"`, `upper(each.value.orderid)`, `""`, `null`, `1001`, `local.text`, `"a\tb"`, `each.value.gone`},
		"amount":      amounts,
		"captured":    append([]string{"full", "full", `each.key == "k1" ? full : null`}, amounts...),
		"refunded":    append([]string{"full", `each.value.amount == "" ? null : "1.00 DKK"`}, amounts...),
		"cancelled":   {"true", "false", `"true"`, `each.key == "k1"`, `null`, `"no"`, `local.yes`},
		"reauthorise": {"true", "false", `"true"`, `each.key == "k1"`, `null`, `1`},
		"reason":      {`"because"`, `"because ${each.key}"`, `each.value`, `null`, `local.list`, `join(",", local.list)`, `"${local.list[0]}"`},
		"for_each":    {`local.table`, `local.table`, `local.some`, `{ k1 = { orderid = "a", amount = "5.00", transact = "111111", currency = "DKK", total = "1.00 DKK" } }`, `toset(["1", "2"])`, `{}`, `local.list`, `csv("gone.csv", "k")`, `csv("t.csv", "orderid")`, `{ for k, r in local.table : "x${k}" => merge(r, { total = "2.00 DKK" }) }`},
		"colour":      {`"red"`},
	}
	names := append(attributeNames(), "colour")
	shares := map[string]int{"merchant": 20, "transact": 60, "orderid": 95, "amount": 95, "captured": 40, "refunded": 40, "cancelled": 15, "reauthorise": 10, "reason": 40, "for_each": 50, "colour": 1}
	head := shop + "variable \"currency\" {\n  default = \"DKK\"\n}\nlocals {\n  amount = \"20.00 DKK\"\n  number = \"22222222\"\n  text = \"t-${var.currency}\"\n  yes = true\n  list = [\"a\", \"b\"]\n" +
		"  table = csv(\"t.csv\", \"k\")\n  some = { for k, r in local.table : k => r if r.currency == var.currency }\n}\n"
	dir := folderOf(t, map[string]string{"t.csv": "k,transact,orderid,amount,currency,total\nk1,33333333,1001,5.00,DKK,1.00 DKK\nk2,44444444,1002,7.50,DKK,0.50 DKK\nk3,55555555,1003,9.00,EUR,1.00 EUR\n"})
	accepted, transactions := 0, 0
	for range 2000 {
		var b strings.Builder
		b.WriteString(head)
		for i := range 1 + random.IntN(2) {
			fmt.Fprintf(&b, "transaction \"x%d\" {\n", i)
			for _, name := range names {
				if random.IntN(100) < shares[name] {
					fmt.Fprintf(&b, "  %s = %s\n", name, pick(pools[name]))
				}
			}
			b.WriteString("}\n")
		}
		writeFile(t, dir, "main.hcl", b.String())
		c, diags := Load(dir, LoadOptions{})
		if diags.HasErrors() {
			checkFailure(t, c, diags)
		} else {
			checkConfig(t, c)
			accepted++
			transactions += len(c.Transactions)
		}
		if t.Failed() {
			t.Fatalf("it was\n%s", b.String()[len(head):])
		}
	}
	if accepted < 50 || transactions < 100 {
		t.Errorf("only %d configurations with %d transactions had no mistake, too few to say anything", accepted, transactions)
	}
	t.Logf("%d accepted, with %d transactions", accepted, transactions)
}

package schema

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// TestTextsComeOutAsInHCL evaluates expressions through a formula and through
// HCL itself, for rows of a table, which are never made values, and for the
// same rows as a map.
func TestTextsComeOutAsInHCL(t *testing.T) {
	expressions := []string{
		`each.key`, `each.value.note`, `each.value["note"]`, `"${each.key}"`, `"a ${each.key} b ${each.value.note} c"`,
		`"${each.value.note}${each.value.note}"`, `upper(each.value.note)`, `"${upper(each.value.note)}-${local.fixed}"`,
		`local.fixed`, `"${local.fixed}"`, `"x${local.number}${local.yes}"`, `"%{ if each.key == "k1" }one%{ else }other%{ endif }"`,
		`each.value.note == "" ? "none" : each.value.note`, `each.value.note == "" ? null : each.value.note`, `"$${each.key} %%{x}"`,
		`join(",", [for k in keys(each.value) : "${k}=${each.value[k]}"])`, `format("%s/%s", each.key, each.value.note)`,
		`"\u0065\u0301 ${each.value.note}"`, `("${each.key}")`, `each.value[local.column]`, `substr(each.value.note, 0, 2)`, `"a\tb\n${each.key}"`,
		`replace(each.value.note, "o", "0")`, `length(each.value) > 1 ? "many" : "few"`, `lookup(each.value, "note", "-")`, `"${each.value.note ~} x"`, `"x ${~ each.key}"`,
	}
	table := "key,note\nk1,one\nk2,\nk3,\"Ærø, \"\"q\"\"\"\nk4,e\u0301\n"
	for _, e := range expressions {
		for _, rows := range []string{`csv("t.csv", "key")`, `{ for k, r in csv("t.csv", "key") : k => merge(r, {}) }`} {
			t.Run(e+" in "+rows, func(t *testing.T) {
				main := shop + "locals {\n fixed = \"fixed\"\n number = 7\n yes = true\n column = \"note\"\n}\n" +
					"transaction \"x\" {\n  for_each = " + rows + "\n  orderid = \"o-${each.key}\"\n  amount = \"1.00 DKK\"\n  reason = " + e + "\n}\n"
				c, diags := load(t, map[string]string{"main.hcl": main, "t.csv": table}, LoadOptions{})
				if diags.HasErrors() {
					t.Fatal(render(c, diags))
				}
				var got, want []string
				for i, r := range [][2]string{{"k1", "one"}, {"k2", ""}, {"k3", `Ærø, "q"`}, {"k4", "é"}} {
					got = append(got, c.Transactions[i].Reason)
					want = append(want, hclText(t, e, r[0], r[1]))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s differs from HCL (-HCL +formula):\n%s", e, diff)
				}
			})
		}
	}
}

// hclText evaluates an expression with HCL alone.
func hclText(t *testing.T, expression, key, note string) string {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(expression), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	row := cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(key), "note": cty.StringVal(note)})
	v, diags := expr.Value(&hcl.EvalContext{
		Functions: newLoader(LoadOptions{}).functions,
		Variables: map[string]cty.Value{
			"each":  cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(key), "value": row}),
			"local": cty.ObjectVal(map[string]cty.Value{"fixed": cty.StringVal("fixed"), "number": cty.NumberIntVal(7), "yes": cty.True, "column": cty.StringVal("note")}),
		},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if v.IsNull() {
		return ""
	}
	v, err := convert.Convert(v, cty.String)
	if err != nil {
		t.Fatal(err)
	}
	return v.AsString()
}

// TestForEachTakesRowsInTheirOrder covers every way from a table to instances.
func TestForEachTakesRowsInTheirOrder(t *testing.T) {
	files := map[string]string{
		"t.csv": "transact,orderid,amount,country\n33333333,c,3.00,DK\n11111111,a,1.00,SE\n22222222,b,2.00,DK\n",
		"u.csv": "transact,orderid,amount,country\n00000001,z,9.00,DK\n",
	}
	all := []string{"33333333", "11111111", "22222222"}
	tests := map[string]struct {
		forEach string
		want    []string
		cells   bool // the places are cells of the table
	}{
		"the function":                    {`csv("t.csv", "transact")`, all, true},
		"in brackets":                     {`(csv("t.csv", "transact"))`, all, true},
		"a path that is not the shortest": {`csv("./t.csv", "transact")`, all, true},
		"a local value":                   {`local.t`, all, true},
		"a local value of another":        {`local.same`, all, true},
		"a loop that leaves out rows":     {`{ for k, r in local.t : k => r if r.country == "DK" }`, []string{"33333333", "22222222"}, true},
		"a local loop":                    {`local.danish`, []string{"33333333", "22222222"}, true},
		"a loop over a loop":              {`{ for k, r in local.danish : k => r if k != "33333333" }`, []string{"22222222"}, true},
		"a loop that leaves out all":      {`{ for k, r in local.t : k => r if false }`, nil, true},
		"a loop without condition":        {`{ for k, r in local.t : k => r }`, all, true},
		"a loop by a row as a whole":      {`{ for k, r in local.t : k => r if length(r) == 4 }`, all, true},
		"a loop that changes rows":        {`{ for k, r in local.t : k => merge(r, { orderid = upper(r.orderid) }) }`, all, true},
		"a loop that changes keys":        {`{ for k, r in local.t : "x${k}" => merge(r, { transact = k }) }`, []string{"11111111", "22222222", "33333333"}, false},
		"two tables together":             {`merge(csv("u.csv", "transact"), local.t)`, []string{"00000001", "11111111", "22222222", "33333333"}, false},
		"another key":                     {`csv("t.csv", "orderid")`, all, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files["main.hcl"] = shop + `
locals {
  danish = { for k, r in local.t : k => r if r.country == "DK" }
  same   = local.t
  t      = csv("t.csv", "transact")
}
transaction "x" {
  for_each = ` + tt.forEach + `
  transact = each.value.transact
  orderid  = each.value.orderid
  amount   = "${each.value.amount} DKK"
}
`
			c, diags := load(t, files, LoadOptions{})
			if diags.HasErrors() {
				t.Fatal(render(c, diags))
			}
			var got []string
			for _, tr := range c.Transactions {
				got = append(got, tr.Transact)
				if place := tr.Places.Amount; (place.File == "t.csv") != tt.cells {
					t.Errorf("%s: the amount stands in %s", tr.Address, place.File)
				} else if text := string(c.Sources[place.File][place.Start.Byte:place.End.Byte]); tt.cells && text+" DKK" != tr.Amount.String() {
					t.Errorf("%s: the amount's place holds %q", tr.Address, text)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("for_each = %s: order differs (-want +got):\n%s", tt.forEach, diff)
			}
		})
	}
}

func TestForEachOverOtherValues(t *testing.T) {
	tests := map[string]struct{ forEach, orderid, want string }{
		"a map by key":      {`{ b = "2", a = "1" }`, "each.value", "a=1 b=2"},
		"objects":           {`{ b = { o = "2" }, a = { o = "1" } }`, "each.value.o", "a=1 b=2"},
		"objects that vary": {`{ b = { o = "2", x = 1 }, a = { o = "1" } }`, "each.value.o", "a=1 b=2"},
		"a set":             {`toset(["y", "x", "y"])`, "each.key", "x=x y=y"},
		"a set by value":    {`toset(["y", "x"])`, "each.value", "x=x y=y"},
		"numbers in text":   {`{ a = 7 }`, `"o-${each.value}"`, "a=o-7"},
		"a key with signs":  {`{ "a \"b\" Å" = "1" }`, "each.value", `a \"b\" Å=1`},
		"an empty map":      {`{}`, "each.value", ""},
		"an empty set":      {`toset([])`, "each.key", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, diags := load(t, map[string]string{"main.hcl": shop + "transaction \"x\" {\n  for_each = " + tt.forEach + "\n  orderid = " + tt.orderid + "\n  amount = \"1.00 DKK\"\n}\n"}, LoadOptions{})
			if diags.HasErrors() {
				t.Fatal(render(c, diags))
			}
			got := ""
			for i, tr := range c.Transactions {
				if i > 0 {
					got += " "
				}
				key := tr.Address[len(`transaction.x["`) : len(tr.Address)-len(`"]`)]
				got += fmt.Sprintf("%s=%s", key, tr.OrderID)
			}
			if got != tt.want {
				t.Errorf("for_each = %s gives %s, want %s", tt.forEach, got, tt.want)
			}
		})
	}
}

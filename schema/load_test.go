package schema

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
)

// load writes files into a folder of their own and loads it.
func load(t testing.TB, files map[string]string, o LoadOptions) (*Config, hcl.Diagnostics) {
	t.Helper()
	return Load(folderOf(t, files), o)
}

func folderOf(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		writeFile(t, dir, name, text)
	}
	return dir
}

// render prints diagnostics as a person sees them.
func render(c *Config, diags hcl.Diagnostics) string {
	files := map[string]*hcl.File{}
	for name, b := range maps.All(c.Sources) {
		files[name] = &hcl.File{Bytes: b}
	}
	var out bytes.Buffer
	w := hcl.NewDiagnosticTextWriter(&out, files, 0, false)
	if err := w.WriteDiagnostics(diags); err != nil {
		return err.Error()
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

const shop = "merchant \"shop\" {\n  id      = \"12345678\"\n  gateway = \"sandbox\"\n}\n"

func TestLoadReadsTheExampleOfTheDesign(t *testing.T) {
	c, diags := load(t, map[string]string{
		"main.hcl": `flexform {
  required_version = ">= 0.1"
}
ledger "file" {
  path = "flexform.ledger"
}
merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
  account = "web"
  pace = {
    concurrency = 8
    interval    = "200ms"
  }
}
sandbox {
  seed = "transactions.csv"
}
variable "batch" {
  type    = string
  default = "2026-11"
}
locals {
  recall = csv("recall-${var.batch}.csv", "transact")
}
transaction "order_1001" {
  merchant = merchant.shop
  transact = "11111111"
  orderid  = "11223344"
  amount   = "200.00 DKK"
  captured = full
  refunded = "50.00 DKK"
  reason   = "RMA 4411: one of four returned"
}
transaction "recall" {
  for_each = local.recall
  transact = each.key
  orderid  = each.value.orderid
  amount   = "${each.value.amount} ${each.value.currency}"
  refunded = full
  reason   = "recall ${var.batch}"
}
transaction "order_1002" {
  orderid   = "11223345"
  amount    = "80.00 DKK"
  cancelled = true
  reason    = "out of stock"
}
`,
		"recall-2026-11.csv": "transact,orderid,amount,currency\n22222222,a-2,10.00,DKK\n11111112,a-1,20.50,EUR\n",
	}, LoadOptions{Version: "0.1.0-dev"})
	if diags.HasErrors() {
		t.Fatalf("Load: %s", render(c, diags))
	}
	if diff := cmp.Diff(strings.TrimSpace(`
transaction.order_1001 12345678/11111111 11223344 200.00 DKK captured=full refunded=50.00 DKK "RMA 4411: one of four returned" main.hcl:28
transaction.recall["22222222"] 12345678/22222222 a-2 10.00 DKK captured=- refunded=full "recall 2026-11" recall-2026-11.csv:2
transaction.recall["11111112"] 12345678/11111112 a-1 20.50 EUR captured=- refunded=full "recall 2026-11" recall-2026-11.csv:3
transaction.order_1002 12345678/ 11223345 80.00 DKK captured=- refunded=- cancelled "out of stock" main.hcl:44`), summary(c)); diff != "" {
		t.Errorf("Load: transactions differ (-want +got):\n%s", diff)
	}
	shop := Merchant{Name: "shop", ID: "12345678", Gateway: "sandbox", Account: "web", Mode: ModeSandbox, Pace: Pace{8, 200 * time.Millisecond}, SettleWindow: 2 * time.Second}
	if diff := cmp.Diff([]Merchant{shop}, c.Merchants, cmpopts.IgnoreFields(Merchant{}, "Source")); diff != "" {
		t.Errorf("Load: merchants differ (-want +got):\n%s", diff)
	}
	if c.RequiredVersion != ">= 0.1" || c.Ledger.Path != "flexform.ledger" || c.Sandbox.Seed != "transactions.csv" {
		t.Errorf("Load: got requirement %q, ledger %q, seed %q", c.RequiredVersion, c.Ledger.Path, c.Sandbox.Seed)
	}
}

// summary writes the transactions of a configuration, one on a line.
func summary(c *Config) string {
	var lines []string
	for _, t := range c.Transactions {
		cancelled, place := "", t.Places.Transact
		if t.Cancelled {
			cancelled = " cancelled"
		}
		if !place.Valid() {
			place = t.Places.OrderID
		}
		lines = append(lines, fmt.Sprintf("%s %s/%s %s %s captured=%s refunded=%s%s %q %s:%d", t.Address, t.Merchant, t.Transact, t.OrderID, t.Amount, total(t.Captured), total(t.Refunded), cancelled, t.Reason, place.File, place.Start.Line))
	}
	return strings.Join(lines, "\n")
}

func total(t Total) string {
	switch {
	case !t.Declared:
		return "-"
	case t.Full:
		return "full"
	}
	return t.Amount.String()
}

// TestManyMistakesAreCounted lists a thousand mistakes and says how many more
// there are.
func TestManyMistakesAreCounted(t *testing.T) {
	var rows strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&rows, "%d,1.234\n", 100_000+i)
	}
	_, diags := load(t, map[string]string{
		"t.csv":    "k,amount\n" + rows.String(),
		"main.hcl": shop + "transaction \"x\" {\n  for_each = csv(\"t.csv\", \"k\")\n  orderid = each.key\n  amount = \"${each.value.amount} DKK\"\n}\n",
	}, LoadOptions{})
	if len(diags) != maxMistakes+1 || diags[maxMistakes].Summary != "More mistakes" || !strings.Contains(diags[maxMistakes].Detail, "29000 more") {
		t.Errorf("%d messages, the last one %q: %s", len(diags), diags[len(diags)-1].Summary, diags[len(diags)-1].Detail)
	}
	for i, d := range diags[:maxMistakes] {
		if d.Subject.Start.Line != i+2 {
			t.Fatalf("message %d is about line %d: they are not in order", i, d.Subject.Start.Line)
		}
	}
}

// TestSameFilesSameMessages loads the folder with most mistakes again and again:
// nothing depends on the order of a map or on which processor was first.
func TestSameFilesSameMessages(t *testing.T) {
	c, diags := Load("testdata/mistakes/many-at-once", LoadOptions{})
	want := render(c, diags)
	for range 50 {
		c, diags := Load("testdata/mistakes/many-at-once", LoadOptions{})
		if diff := cmp.Diff(want, render(c, diags)); diff != "" {
			t.Fatalf("messages differ from one run to the next (-first +later):\n%s", diff)
		}
	}
}

// TestAllowedStatesOfATransaction lists what is no mistake.
func TestAllowedStatesOfATransaction(t *testing.T) {
	tests := map[string]string{
		"nothing managed":                ``,
		"captured in full":               `captured = full`,
		"captured in full by text":       `captured = "full"`,
		"captured in part":               `captured = "1.00 DKK"`,
		"nothing captured":               `captured = "0.00 DKK"`,
		"captured without decimals":      `captured = "200 DKK"`,
		"captured by number":             `captured = minor(20000, "DKK")`,
		"captured under a condition":     `captured = true ? full : "1.00 DKK"`,
		"captured not at all":            `captured = null`,
		"refunded without captured":      `refunded = full`,
		"refunded all that is captured":  "captured = \"5.00 DKK\"\nrefunded = \"5.00 DKK\"",
		"cancelled":                      `cancelled = true`,
		"cancelled by text":              `cancelled = "true"`,
		"cancelled and nothing captured": "cancelled = true\ncaptured = \"0.00 DKK\"",
		"cancelled and nothing refunded": "cancelled = true\nrefunded = \"0.00 DKK\"",
		"not cancelled but captured":     "cancelled = false\ncaptured = full",
		"an empty reason":                `reason = ""`,
		"a long reason":                  "reason = <<END\nfirst line\nsecond line\nEND",
		"a merchant by name":             `merchant = merchant.shop`,
		"a merchant by index":            `merchant = merchant["shop"]`,
		"a merchant under a condition":   `merchant = true ? merchant.shop : merchant.shop`,
		"a transact of twenty digits":    `transact = "12345678901234567890"`,
	}
	for name, attributes := range tests {
		t.Run(name, func(t *testing.T) {
			c, diags := load(t, map[string]string{"main.hcl": shop + "transaction \"x\" {\n  orderid = \"Ordre nr. 1/2\"\n  amount = \"200.00 DKK\"\n" + attributes + "\n}\n"}, LoadOptions{})
			if diags.HasErrors() {
				t.Fatal(render(c, diags))
			}
			checkConfig(t, c)
		})
	}
}

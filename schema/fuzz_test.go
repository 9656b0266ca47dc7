package schema

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// FuzzLoad loads a folder of one HCL and one CSV file. Nothing makes it panic;
// every mistake has a place and words; and what it accepts keeps the promises
// that the rest of the program builds on.
func FuzzLoad(f *testing.F) {
	table := "transact,orderid,amount,currency\n11111111,1001,200.00,DKK\n11111112,1002,80.00,DKK\n"
	for _, dir := range glob(f, "testdata/mistakes/*") {
		main, err := os.ReadFile(filepath.Join(dir, "main.hcl"))
		if err != nil {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, "recall.csv"))
		if err != nil {
			data = []byte(table)
		}
		f.Add(string(main), string(data))
	}
	f.Add(plainBlocks(2), table)
	f.Add(recall(2)["main.hcl"], table)
	f.Fuzz(func(t *testing.T, main, data string) {
		dir := folderOf(t, map[string]string{"main.hcl": main, "recall.csv": data})
		c, diags := Load(dir, LoadOptions{Version: "1.0.0"})
		if diags.HasErrors() {
			checkFailure(t, c, diags)
			return
		}
		if len(diags) > 0 {
			t.Fatalf("diagnostics that are no errors: %v", diags)
		}
		checkConfig(t, c)
	})
}

func glob(tb testing.TB, pattern string) []string {
	tb.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		tb.Fatalf("no files %s: %v", pattern, err)
	}
	return names
}

func checkFailure(t *testing.T, c *Config, diags hcl.Diagnostics) {
	t.Helper()
	if len(c.Transactions) > 0 || len(c.Merchants) > 0 || c.Digest != "" {
		t.Errorf("a configuration with mistakes is handed out: %+v", c)
	}
	for _, d := range diags {
		if d.Summary == "" || d.Detail == "" || d.Subject == nil {
			t.Fatalf("a mistake without words or place: %+v", d)
		}
		src, ok := c.Sources[d.Subject.Filename]
		if !ok || d.Subject.Start.Byte < 0 || d.Subject.End.Byte < d.Subject.Start.Byte || d.Subject.End.Byte > len(src) {
			t.Fatalf("%s: place %v is not inside its file", d.Summary, d.Subject)
		}
		if d.EvalContext != nil || d.Expression != nil {
			t.Fatalf("%s: the renderer would print values", d.Summary)
		}
	}
}

// checkConfig states what a Config without mistakes promises.
func checkConfig(t *testing.T, c *Config) {
	t.Helper()
	if len(c.Merchants) == 0 || len(c.Digest) != 71 || len(c.SettingsDigest) != 71 {
		t.Fatalf("merchants %v, digests %q %q", c.Merchants, c.Digest, c.SettingsDigest)
	}
	addresses := map[string]bool{}
	transacts := map[string]bool{}
	for i := range c.Transactions {
		tr := &c.Transactions[i]
		if addresses[tr.Address] {
			t.Fatalf("two transactions have the address %s", tr.Address)
		}
		addresses[tr.Address] = true
		if _, ok := c.Merchant(tr.Merchant); !ok {
			t.Fatalf("%s: no merchant %q", tr.Address, tr.Merchant)
		}
		if key := tr.Merchant + "/" + tr.Transact; tr.Transact != "" {
			if transacts[key] {
				t.Fatalf("%s is declared twice", key)
			}
			transacts[key] = true
		}
		checkTransaction(t, tr)
	}
}

func checkTransaction(t *testing.T, tr *Transaction) {
	t.Helper()
	if tr.Transact != "" && (len(tr.Transact) < 6 || !allDigits(tr.Transact)) {
		t.Fatalf("%s: transact %q", tr.Address, tr.Transact)
	}
	if n := len([]rune(tr.OrderID)); n == 0 || n > 50 {
		t.Fatalf("%s: order id of %d characters", tr.Address, n)
	}
	if !tr.Amount.Valid() || !tr.Source.Valid() || !tr.Places.OrderID.Valid() || !tr.Places.Amount.Valid() {
		t.Fatalf("%s: amount %s, places %+v", tr.Address, tr.Amount, tr.Places)
	}
	captured := tr.Captured.Amount
	if tr.Captured.Full {
		captured = tr.Amount
	}
	for _, total := range []Total{tr.Captured, tr.Refunded} {
		if !total.Declared || total.Full {
			if total.Amount.Valid() {
				t.Fatalf("%s: total %+v", tr.Address, total)
			}
			continue
		}
		if total.Amount.Currency() != tr.Amount.Currency() || total.Amount.Minor() > tr.Amount.Minor() {
			t.Fatalf("%s: total %s of %s", tr.Address, total.Amount, tr.Amount)
		}
	}
	if captured.Valid() && tr.Refunded.Amount.Minor() > captured.Minor() {
		t.Fatalf("%s: refunded %s of %s", tr.Address, tr.Refunded.Amount, captured)
	}
	if tr.Cancelled && (!captured.Zero() || tr.Refunded.Full || !tr.Refunded.Amount.Zero()) {
		t.Fatalf("%s: cancelled with %s captured", tr.Address, captured)
	}
}

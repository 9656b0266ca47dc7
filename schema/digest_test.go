package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestDigests changes one thing at a time and says which digests follow.
func TestDigests(t *testing.T) {
	base := map[string]string{
		"main.hcl":   "merchant \"shop\" {\n  id = \"12345678\"\n}\nvariable \"v\" {\n  default = \"1\"\n}\n",
		"a.hcl":      "transaction \"x\" {\n  for_each = csv(\"t.csv\", \"k\")\n  orderid = each.key\n  amount = \"1.00 DKK\"\n  reason = file(\"why.txt\")\n}\n",
		"t.csv":      "k\n1\n",
		"why.txt":    "because",
		"unread.csv": "x",
	}
	tests := map[string]struct {
		change           func(files map[string]string, o *LoadOptions)
		config, settings bool // whether the digest changes
	}{
		"nothing":                         {func(map[string]string, *LoadOptions) {}, false, false},
		"a file that is not read":         {func(f map[string]string, _ *LoadOptions) { f["unread.csv"] = "y" }, false, false},
		"another version of the program":  {func(_ map[string]string, o *LoadOptions) { o.Version = "9.9.9" }, false, false},
		"a comment":                       {func(f map[string]string, _ *LoadOptions) { f["a.hcl"] += "# x\n" }, true, false},
		"a row":                           {func(f map[string]string, _ *LoadOptions) { f["t.csv"] += "2\n" }, true, false},
		"a text that is read":             {func(f map[string]string, _ *LoadOptions) { f["why.txt"] = "so" }, true, false},
		"the name of a file":              {func(f map[string]string, _ *LoadOptions) { f["b.hcl"] = f["a.hcl"]; delete(f, "a.hcl") }, true, false},
		"one more empty file":             {func(f map[string]string, _ *LoadOptions) { f["b.hcl"] = "" }, true, false},
		"a block moved to another file":   {func(f map[string]string, _ *LoadOptions) { f["b.hcl"] = f["a.hcl"]; f["a.hcl"] = "" }, true, false},
		"a value for a variable":          {func(_ map[string]string, o *LoadOptions) { o.Variables = map[string]string{"v": "1"} }, true, false},
		"the merchant's id":               {replace("12345678", "87654321"), true, true},
		"the merchant's name":             {replace(`"shop"`, `"outlet"`), true, true},
		"the gateway":                     {replace("id =", "gateway = \"https://example.com\"\n  id ="), true, true},
		"the default gateway written out": {replace("id =", "gateway = \"https://payment.architrade.com/\"\n  id ="), true, false},
		"the mode":                        {replace("id =", "mode = \"test\"\n  id ="), true, true},
		"the default mode written out":    {replace("id =", "mode = \"live\"\n  id ="), true, false},
		"the account":                     {replace("id =", "account = \"web\"\n  id ="), true, true},
		"the pace":                        {replace("id =", "pace = { concurrency = 2 }\n  id ="), true, true},
		"the default pace written out":    {replace("id =", "pace = { interval = \"0.2s\" }\n  id ="), true, false},
		"the settle window":               {replace("id =", "settle_window = \"3m\"\n  id ="), true, true},
		"the default window written out":  {replace("id =", "settle_window = \"120s\"\n  id ="), true, false},
		"the ledger":                      {replace("merchant", "ledger \"file\" {\n  path = \"other.ledger\"\n}\nmerchant"), true, true},
		"the default ledger written out":  {replace("merchant", "ledger \"file\" {\n  path = \"./flexform.ledger\"\n}\nmerchant"), true, false},
		"one more merchant": {func(f map[string]string, _ *LoadOptions) {
			f["a.hcl"] = strings.Replace(f["a.hcl"], "orderid", "merchant = merchant.shop\n  orderid", 1) + "merchant \"b\" {\n  id = \"2\"\n}\n"
		}, true, true},
	}
	want, wantSettings := digestsOf(t, base, LoadOptions{})
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files, o := map[string]string{}, LoadOptions{}
			for k, v := range base {
				files[k] = v
			}
			tt.change(files, &o)
			config, settings := digestsOf(t, files, o)
			if (config != want) != tt.config || (settings != wantSettings) != tt.settings {
				t.Errorf("the digest changes: %t, want %t; that of the settings: %t, want %t", config != want, tt.config, settings != wantSettings, tt.settings)
			}
		})
	}
}

func replace(old, with string) func(map[string]string, *LoadOptions) {
	return func(files map[string]string, _ *LoadOptions) {
		files["main.hcl"] = strings.Replace(files["main.hcl"], old, with, 1)
	}
}

func digestsOf(t *testing.T, files map[string]string, o LoadOptions) (config, settings string) {
	t.Helper()
	c, diags := load(t, files, o)
	if diags.HasErrors() {
		t.Fatal(render(c, diags))
	}
	return c.Digest, c.SettingsDigest
}

// TestDigestsAreFixed keeps the digests of one configuration the same from
// release to release: plans and approvals name them.
func TestDigestsAreFixed(t *testing.T) {
	config, settings := digestsOf(t, map[string]string{"main.hcl": shop}, LoadOptions{Variables: map[string]string{}})
	const (
		wantConfig   = "sha256:8152fbcb5d2235ff23f3cd2be54c765e22750d87805c025c03a5a1c9ff167dea"
		wantSettings = "sha256:2c84bc04da384a66e24ea85e17b970815252531301321d4a48e904caa63dc3df"
	)
	if config != wantConfig || settings != wantSettings {
		t.Errorf("digests are %s and %s, were %s and %s", config, settings, wantConfig, wantSettings)
	}
}

// TestFilesThatChangeUnderway is R65: while a file is swapped again and again,
// what is loaded is always one of its two states, and the digest is that of the
// very state that was decoded.
func TestFilesThatChangeUnderway(t *testing.T) {
	states := []string{"k,amount\n1,1.00\n", "k,amount\n1,2.00\n2,2.00\n"}
	dir := folderOf(t, map[string]string{"t.csv": states[0], "main.hcl": shop + "locals {\n  t = csv(\"t.csv\", \"k\")\n}\ntransaction \"x\" {\n  for_each = local.t\n  orderid = each.key\n  amount = \"${each.value.amount} DKK\"\n}\n" +
		"transaction \"y\" {\n  for_each = csv(\"t.csv\", \"k\")\n  orderid = \"y${each.key}\"\n  amount = \"${each.value.amount} DKK\"\n}\n"})
	digests := map[string]string{}
	for _, state := range states {
		writeFile(t, dir, "t.csv", state)
		c, diags := Load(dir, LoadOptions{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		digests[fmt.Sprint(summary(c))] = c.Digest
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { swap(dir, states, stop) })
	defer wg.Wait()
	defer close(stop)
	for range 300 {
		c, diags := Load(dir, LoadOptions{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if want, ok := digests[summary(c)]; !ok || want != c.Digest {
			t.Fatalf("digest %s does not belong to what was loaded:\n%s", c.Digest, summary(c))
		}
	}
}

// swap replaces the table by its other state until it is stopped.
func swap(dir string, states []string, stop chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		next := filepath.Join(dir, "next")
		if os.WriteFile(next, []byte(states[i%2]), 0o600) != nil || os.Rename(next, filepath.Join(dir, "t.csv")) != nil {
			return
		}
	}
}

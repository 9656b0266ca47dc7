package schema

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestMerchants(t *testing.T) {
	real, toy := Pace{1, 200 * time.Millisecond}, Pace{8, 0}
	tests := map[string]struct {
		attributes string
		want       Merchant
	}{
		"only an id":                     {``, Merchant{Gateway: defaultGateway, Mode: ModeLive, Pace: real}},
		"a test account":                 {`mode = "test"`, Merchant{Gateway: defaultGateway, Mode: ModeTest, Pace: real}},
		"the built-in gateway":           {`gateway = "sandbox"`, Merchant{Gateway: "sandbox", Mode: ModeSandbox, Pace: toy}},
		"a gateway on this machine":      {`gateway = "http://127.0.0.1:8080/"`, Merchant{Gateway: "http://127.0.0.1:8080", Mode: ModeSandbox, Pace: toy}},
		"another address of it":          {`gateway = "http://127.9.9.9"`, Merchant{Gateway: "http://127.9.9.9", Mode: ModeSandbox, Pace: toy}},
		"by name":                        {`gateway = "http://LocalHost:1"`, Merchant{Gateway: "http://LocalHost:1", Mode: ModeSandbox, Pace: toy}},
		"by its IPv6 address":            {`gateway = "http://[::1]:80"`, Merchant{Gateway: "http://[::1]:80", Mode: ModeSandbox, Pace: toy}},
		"a tunnel to the live gateway":   {"gateway = \"http://127.0.0.1:8080\"\nmode = \"live\"", Merchant{Gateway: "http://127.0.0.1:8080", Mode: ModeLive, Pace: real}},
		"a tunnel to a test account":     {"gateway = \"https://localhost\"\nmode = \"test\"", Merchant{Gateway: "https://localhost", Mode: ModeTest, Pace: real}},
		"a sandbox never counts as live": {"gateway = \"sandbox\"\nmode = \"live\"", Merchant{Gateway: "sandbox", Mode: ModeSandbox, Pace: toy}},
		"another gateway":                {`gateway = "https://pay.example.com/cgi/"`, Merchant{Gateway: "https://pay.example.com/cgi", Mode: ModeLive, Pace: real}},
		"a sub-account":                  {`account = "web"`, Merchant{Gateway: defaultGateway, Account: "web", Mode: ModeLive, Pace: real}},
		"all of the pace":                {`pace = { concurrency = 3, interval = "1.5s" }`, Merchant{Gateway: defaultGateway, Mode: ModeLive, Pace: Pace{3, 1500 * time.Millisecond}}},
		"half of the pace":               {`pace = { concurrency = 3 }`, Merchant{Gateway: defaultGateway, Mode: ModeLive, Pace: Pace{3, 200 * time.Millisecond}}},
		"a long settle window":           {`settle_window = "1h30m"`, Merchant{Gateway: defaultGateway, Mode: ModeLive, Pace: real, SettleWindow: 90 * time.Minute}},
		"the shortest one":               {`settle_window = "120s"`, Merchant{Gateway: defaultGateway, Mode: ModeLive, Pace: real}},
		"the longest one":                {`settle_window = "24h"`, Merchant{Gateway: defaultGateway, Mode: ModeLive, Pace: real, SettleWindow: 24 * time.Hour}},
		"one of a sandbox":               {"gateway = \"sandbox\"\nsettle_window = \"3s\"", Merchant{Gateway: "sandbox", Mode: ModeSandbox, Pace: toy, SettleWindow: 3 * time.Second}},
		"no wait":                        {`pace = { interval = "0s" }`, Merchant{Gateway: defaultGateway, Mode: ModeLive, Pace: Pace{1, 0}}},
		"values from elsewhere":          {"gateway = local.gateway\naccount = \"${var.v}-x\"", Merchant{Gateway: "sandbox", Account: "1-x", Mode: ModeSandbox, Pace: toy}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			main := "variable \"v\" {\n  default = \"1\"\n}\nlocals {\n  gateway = \"sandbox\"\n}\nmerchant \"shop\" {\n  id = \"12345678\"\n  " + tt.attributes + "\n}\n"
			c, diags := load(t, map[string]string{"main.hcl": main}, LoadOptions{})
			if diags.HasErrors() {
				t.Fatal(render(c, diags))
			}
			tt.want.Name, tt.want.ID = "shop", "12345678"
			if tt.want.SettleWindow == 0 {
				tt.want.SettleWindow = 2 * time.Minute
				if tt.want.Mode == ModeSandbox {
					tt.want.SettleWindow = 2 * time.Second
				}
			}
			if diff := cmp.Diff([]Merchant{tt.want}, c.Merchants, cmpopts.IgnoreFields(Merchant{}, "Source")); diff != "" {
				t.Errorf("merchant %s (-want +got):\n%s", tt.attributes, diff)
			}
		})
	}
}

// TestSettingsFile is R80 and R81 as far as this package goes: with a settings
// file, merchants and ledger come from there and from nowhere else.
func TestSettingsFile(t *testing.T) {
	dir := folderOf(t, map[string]string{"main.hcl": "transaction \"x\" {\n  merchant = merchant.guarded\n  orderid = \"1\"\n  amount = \"1.00 DKK\"\n}\n"})
	settings := filepath.Join(folderOf(t, map[string]string{"settings.hcl": "merchant \"guarded\" {\n  id = \"1\"\n  mode = \"test\"\n}\nledger \"file\" {\n  path = \"safe.ledger\"\n}\n"}), "settings.hcl")
	c, diags := Load(dir, LoadOptions{Settings: settings})
	if diags.HasErrors() {
		t.Fatal(render(c, diags))
	}
	if c.Merchants[0].Name != "guarded" || c.Ledger.Path != "safe.ledger" || c.Transactions[0].Merchant != "1" {
		t.Errorf("got merchants %v, ledger %v, transactions %v", c.Merchants, c.Ledger, c.Transactions)
	}
	if got := c.Merchants[0].Source.File; got != settings || len(c.Sources[settings]) == 0 {
		t.Errorf("the merchant's place is in %q, sources hold %d bytes of %s", got, len(c.Sources[settings]), settings)
	}
	if without, _ := Load(dir, LoadOptions{}); without.Digest == c.Digest {
		t.Errorf("the digest does not cover the settings file")
	}
	_, diags = Load(dir, LoadOptions{Settings: filepath.Join(dir, "gone.hcl")})
	if got := summaries(diags); got != "File not found" {
		t.Errorf("Load with a settings file that does not exist: %s", got)
	}
}

func TestRequiredVersion(t *testing.T) {
	tests := map[string]struct{ required, running, want string }{
		"newer":                       {">= 0.1", "0.2.0", ""},
		"the same":                    {"= 1.2.3", "1.2.3", ""},
		"older":                       {">= 0.3", "0.2.0", "Other version required"},
		"one of several":              {">= 0.1, < 1.0", "0.9.0", ""},
		"a version under development": {">= 0.3", "0.3.0-dev", ""},
		"no version":                  {">= 0.3", "", ""},
		"not a version":               {">= 0.3", "(devel)", ""},
		"not a condition":             {"new", "1.0.0", "Invalid version"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, diags := load(t, map[string]string{"main.hcl": shop + "flexform {\n  required_version = \"" + tt.required + "\"\n}\n"}, LoadOptions{Version: tt.running})
			if got := summaries(diags); got != tt.want {
				t.Errorf("required_version = %q with %q: mistakes %q, want %q", tt.required, tt.running, got, tt.want)
			}
		})
	}
}

func TestVariables(t *testing.T) {
	tests := map[string]struct {
		block string
		given map[string]string
		show  string
		want  string // the order id, or the summary of the mistake
	}{
		"a default":                     {`default = "a"`, nil, "var.v", "a"},
		"a value over the default":      {`default = "a"`, map[string]string{"v": "b"}, "var.v", "b"},
		"a value without default":       {``, map[string]string{"v": "b"}, "var.v", "b"},
		"an empty value":                {`default = "a"`, map[string]string{"v": ""}, `"x${var.v}"`, "x"},
		"a value that looks like HCL":   {``, map[string]string{"v": `"${x}"`}, "var.v", `"${x}"`},
		"a number":                      {`type = number`, map[string]string{"v": "12.5"}, `"${var.v}"`, "12.5"},
		"a number by its default":       {`default = 1`, map[string]string{"v": "2"}, `"${var.v + 1}"`, "3"},
		"a truth value":                 {`type = bool`, map[string]string{"v": "true"}, `var.v ? "yes" : "no"`, "yes"},
		"a list":                        {`type = list(string)`, map[string]string{"v": `["a", "b"]`}, `join("-", var.v)`, "a-b"},
		"a list by its default":         {`default = ["a"]`, nil, `join("-", var.v)`, "a"},
		"a map":                         {`type = map(string)`, map[string]string{"v": `{ a = "1" }`}, `var.v["a"]`, "1"},
		"a default made fit":            {"type = list(string)\ndefault = [1, 2]", nil, `join("-", var.v)`, "1-2"},
		"by index":                      {`default = "a"`, nil, `var["v"]`, "a"},
		"no value at all":               {``, nil, "var.v", "Missing variable"},
		"no number":                     {`type = number`, map[string]string{"v": "1e9"}, `"${var.v}"`, "Wrong type"},
		"no truth value":                {`type = bool`, map[string]string{"v": "ja"}, `"${var.v}"`, "Wrong type"},
		"no list":                       {`type = list(string)`, map[string]string{"v": `"a"`}, `join("-", var.v)`, "Wrong type"},
		"a list that refers to values":  {`type = list(string)`, map[string]string{"v": `[local.x]`}, `join("-", var.v)`, "Unknown name"},
		"a list that is broken":         {`type = list(string)`, map[string]string{"v": `["a"`}, `join("-", var.v)`, "Bracket not closed"},
		"a list that nests without end": {`type = list(string)`, map[string]string{"v": deepList()}, `join("-", var.v)`, "Nesting too deep"},
		"a default of another type":     {"type = number\ndefault = \"a\"", nil, `"${var.v}"`, "Wrong type"},
		"text that is no UTF-8":         {``, map[string]string{"v": "\xff"}, "var.v", "Wrong type"},
		"a description that is no text": {"default = \"a\"\ndescription = 1", nil, "var.v", "Wrong type"},
		"a secret":                      {`default = "a"`, map[string]string{"v": "b"}, `"x${var.md5_key}"`, "Unknown name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			main := shop + "variable \"v\" {\n" + tt.block + "\n}\ntransaction \"x\" {\n  orderid = " + tt.show + "\n  amount = \"1.00 DKK\"\n}\n"
			c, diags := load(t, map[string]string{"main.hcl": main}, LoadOptions{Variables: tt.given})
			got := summaries(diags)
			if !diags.HasErrors() {
				got = c.Transactions[0].OrderID
			}
			if got != tt.want {
				t.Errorf("variable { %s } given %v: got %q, want %q", tt.block, tt.given, got, tt.want)
			}
		})
	}
}

func deepList() string {
	b := make([]byte, 100_000)
	for i := range b {
		b[i] = '['
	}
	return string(b)
}

func TestFunctions(t *testing.T) {
	tests := map[string]string{
		`minor(20000, "DKK")`:                     "200.00 DKK",
		`minor("5", "DKK")`:                       "0.05 DKK",
		`minor(0, "JPY")`:                         "0 JPY",
		`minor(1234, "KWD")`:                      "1.234 KWD",
		`minor(2 * 100, "208")`:                   "2.00 DKK",
		`minor(-1, "DKK")`:                        "Invalid function argument",
		`minor(2147483648, "DKK")`:                "Invalid function argument",
		`minor(0.5, "DKK")`:                       "Invalid function argument",
		`minor("1e3", "DKK")`:                     "Invalid function argument",
		`minor(true, "DKK")`:                      "Invalid function argument",
		`minor(1, "DKR")`:                         "Invalid function argument",
		`minor(1, "XAU")`:                         "Invalid function argument",
		`upper("æa")`:                             "ÆA",
		`lower("ÆA")`:                             "æa",
		`trimspace(" a ")`:                        "a",
		`trimprefix("ab", "a")`:                   "b",
		`trimsuffix("ab", "b")`:                   "a",
		`replace("a.b.c", ".", "-")`:              "a-b-c",
		`join("-", split(",", "a,b"))`:            "a-b",
		`join("-", split("", "ab"))`:              "a-b",
		`join("-", [])`:                           "",
		`tostring(length("æb"))`:                  "2",
		`tostring(length([1, 2, 3]))`:             "3",
		`tostring(length({ a = 1 }))`:             "1",
		`contains(["a"], "a") ? "yes" : "no"`:     "yes",
		`startswith("abc", "ab") ? "yes" : "no"`:  "yes",
		`endswith("abc", "ab") ? "yes" : "no"`:    "no",
		`join(",", keys({ b = 1, a = 2 }))`:       "a,b",
		`join(",", values({ b = "1", a = "2" }))`: "2,1",
		`lookup({ a = "1" }, "b", "none")`:        "none",
		`merge({ a = "1" }, { a = "2" }).a`:       "2",
		`join(",", concat(["a"], ["b"]))`:         "a,b",
		`join(",", sort(["b", "a"]))`:             "a,b",
		`join(",", reverse(["b", "a"]))`:          "a,b",
		`join(",", toset(["b", "a", "b"]))`:       "a,b",
		`join(",", flatten([["a"], ["b"]]))`:      "a,b",
		`zipmap(["a"], ["1"]).a`:                  "1",
		`element(["a", "b"], 1)`:                  "b",
		`coalesce(null, "a")`:                     "a",
		`join(",", [for n in range(3) : "${n}"])`: "0,1,2",
		`tostring(max(1, 3, 2))`:                  "3",
		`tostring(min(2, 1))`:                     "1",
		`tostring(tonumber("12") + 1)`:            "13",
		`tonumber("x") == 1 ? "a" : "b"`:          "Invalid function argument",
		`tonumber("0x10") == 1 ? "a" : "b"`:       "Invalid function argument",
		`tobool("true") ? "yes" : "no"`:           "yes",
		`format("%s-%d%%", "a", 5)`:               "a-5%",
		`format("%5d", 5)`:                        "Invalid function argument",
		`format("%[1]s", 5)`:                      "Invalid function argument",
		`format("%")`:                             "Invalid function argument",
		`substr("hello", 1, 3)`:                   "ell",
		`tolist(["a"])[0]`:                        "a",
		`tomap({ a = "1" })["a"]`:                 "1",
		`file("why.txt")`:                         "because",
		`file("bytes.txt")`:                       "Invalid function argument",
		`csv("t.csv", "k")["1"].v`:                "one",
		`join(",", keys(csv("t.csv", "k")))`:      "1,2",
		`csv("t.csv", 1)["1"].v`:                  "Missing column",
		`csv("t.csv")["1"].v`:                     "Not enough function arguments",
		`csv("t.csv", "k")["3"].v`:                "Invalid index",
	}
	files := map[string]string{"why.txt": "because", "bytes.txt": "\xff", "t.csv": "k,v\n2,two\n1,one\n"}
	for expression, want := range tests {
		t.Run(expression, func(t *testing.T) {
			files["main.hcl"] = shop + "transaction \"x\" {\n  orderid = \"1\"\n  amount = \"1.00 DKK\"\n  reason = " + expression + "\n}\n"
			c, diags := load(t, files, LoadOptions{})
			got := summaries(diags)
			if !diags.HasErrors() {
				got = c.Transactions[0].Reason
			}
			if got != want {
				t.Errorf("%s = %q, want %q\n%s", expression, got, want, render(c, diags))
			}
		})
	}
}

// What the ledger block says of anchors is a setting, and without it the digest
// is what it was before there were any.
func TestLedgerAnchor(t *testing.T) {
	load := func(block string) (*Config, string) {
		t.Helper()
		c, diags := Load(folderOf(t, map[string]string{"main.hcl": "merchant \"shop\" {\n  id = \"12345678\"\n  gateway = \"sandbox\"\n}\n" + block}), LoadOptions{Version: "0.1.0"})
		return c, diags.Error()
	}
	none, _ := load("")
	same, _ := load("ledger \"file\" {}\n")
	with, _ := load("ledger \"file\" {\n  anchor = \"git\"\n}\n")
	if none.Ledger.Anchor != "" || with.Ledger.Anchor != AnchorGit || none.SettingsDigest != same.SettingsDigest || with.SettingsDigest == none.SettingsDigest {
		t.Errorf("anchors %q and %q, digests %s, %s and %s", none.Ledger.Anchor, with.Ledger.Anchor, none.SettingsDigest, same.SettingsDigest, with.SettingsDigest)
	}
	if _, mistakes := load("ledger \"file\" {\n  anchor = \"stone\"\n}\n"); !strings.Contains(mistakes, "Unknown anchor") {
		t.Errorf("anchor = stone: %s", mistakes)
	}
}

func TestLedgers(t *testing.T) {
	tests := map[string]struct {
		block string
		want  Ledger
	}{
		"none":                {"", Ledger{Path: "flexform.ledger"}},
		"a file":              {`ledger "file" {}`, Ledger{Path: "flexform.ledger"}},
		"a file by name":      {"ledger \"file\" {\n  path = \"a/../b.ledger\"\n}", Ledger{Path: "b.ledger"}},
		"a database":          {"ledger \"postgres\" {\n  name = \"shop\"\n}", Ledger{Postgres: Postgres{Name: "shop", Schema: "flexform"}}},
		"a database by name":  {"ledger \"postgres\" {\n  name = \"shop-2\"\n  database = \"payments\"\n  schema = \"Money.v1\"\n}", Ledger{Postgres: Postgres{"shop-2", "payments", "Money.v1"}}},
		"a name from a local": {"locals {\n  n = \"shop\"\n}\nledger \"postgres\" {\n  name = local.n\n}", Ledger{Postgres: Postgres{Name: "shop", Schema: "flexform"}}},
	}
	digests := map[string]string{}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, diags := load(t, map[string]string{"main.hcl": shop + tt.block + "\n"}, LoadOptions{})
			if diags.HasErrors() {
				t.Fatal(render(c, diags))
			}
			if diff := cmp.Diff(tt.want, c.Ledger, cmpopts.IgnoreFields(Ledger{}, "Source")); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
			tt.want.Source = Range{}
			if other, ok := digests[c.SettingsDigest]; ok && other != fmt.Sprint(tt.want) {
				t.Errorf("the settings have the digest of those with ledger %s", other)
			}
			digests[c.SettingsDigest] = fmt.Sprint(tt.want)
		})
	}
	if len(digests) != 4 {
		t.Errorf("%d digests for 4 places", len(digests))
	}
}

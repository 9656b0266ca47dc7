package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"flexform/money"
)

const limitedShop = "merchant \"shop\" {\n  id = \"12345678\"\n}\nmerchant \"second\" {\n  id = \"2\"\n}\n"

func amountOf(t *testing.T, text string) money.Amount {
	t.Helper()
	a, err := money.ParseTotal(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestLimits(t *testing.T) {
	c, diags := load(t, map[string]string{"main.hcl": limitedShop + `
variable "most" {
  default = "500.00"
}
limits "shop" {
  refund "DKK" {
    per_action     = "${var.most} DKK"
    per_plan       = "20000 DKK"
    per_day        = "50000000.00 DKK"
    count_per_plan = 100
    count_per_day  = 1000
  }
  refund "JPY" {
    per_day = "20000 JPY"
  }
  delete {
    count_per_day = 3
  }
}
`}, LoadOptions{})
	if diags.HasErrors() {
		t.Fatal(render(c, diags))
	}
	dkk, jpy := amountOf(t, "1.00 DKK").Currency(), amountOf(t, "1 JPY").Currency()
	want := []MerchantLimits{{Merchant: "12345678", Limits: []Limit{
		{Action: "refund", Currency: dkk, PerAction: amountOf(t, "500.00 DKK"), PerPlan: amountOf(t, "20000 DKK"), PerDay: amountOf(t, "50000000.00 DKK"), CountPerPlan: 100, CountPerDay: 1000},
		{Action: "refund", Currency: jpy, PerDay: amountOf(t, "20000 JPY")},
		{Action: "delete", CountPerDay: 3},
	}}}
	ignore := []cmp.Option{cmpopts.IgnoreFields(MerchantLimits{}, "Source"), cmpopts.IgnoreFields(Limit{}, "Source")}
	if diff := cmp.Diff(want, c.Limits, ignore...); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	if got, ok := c.LimitsOf("12345678"); !ok || len(got.Limits) != 3 {
		t.Errorf("LimitsOf the shop = %+v, %t", got, ok)
	}
	if got, ok := c.LimitsOf("2"); ok {
		t.Errorf("LimitsOf a merchant without = %+v", got)
	}
}

// R81: each value of the limits is in the settings digest, and how and where
// they are written is not.
func TestLimitsDigest(t *testing.T) {
	digest := func(limits string) string {
		t.Helper()
		c, diags := load(t, map[string]string{"main.hcl": limitedShop + limits}, LoadOptions{})
		if diags.HasErrors() {
			t.Fatal(render(c, diags))
		}
		return c.SettingsDigest
	}
	base := digest("limits \"shop\" {\n  refund \"DKK\" {\n    per_day = \"1.00 DKK\"\n  }\n  capture \"DKK\" {\n    count_per_day = 1\n  }\n}\n")
	same := digest("# the other way round\nlimits \"shop\" {\n  capture \"DKK\" {\n    count_per_day = 1\n  }\n  refund \"DKK\" {\n    per_day = \"1 DKK\"\n  }\n}\n")
	if base != same {
		t.Error("the digest depends on how the limits are written")
	}
	seen := map[string]string{"none": digest(""), "the first": base}
	for name, limits := range map[string]string{
		"another merchant": "limits \"second\" {\n  refund \"DKK\" {\n    per_day = \"1.00 DKK\"\n  }\n  capture \"DKK\" {\n    count_per_day = 1\n  }\n}\n",
		"another action":   "limits \"shop\" {\n  cancel \"DKK\" {\n    per_day = \"1.00 DKK\"\n  }\n  capture \"DKK\" {\n    count_per_day = 1\n  }\n}\n",
		"another currency": "limits \"shop\" {\n  refund \"SEK\" {\n    per_day = \"1.00 SEK\"\n  }\n  capture \"DKK\" {\n    count_per_day = 1\n  }\n}\n",
		"another sum":      "limits \"shop\" {\n  refund \"DKK\" {\n    per_day = \"1.01 DKK\"\n  }\n  capture \"DKK\" {\n    count_per_day = 1\n  }\n}\n",
		"another bound":    "limits \"shop\" {\n  refund \"DKK\" {\n    per_plan = \"1.00 DKK\"\n  }\n  capture \"DKK\" {\n    count_per_day = 1\n  }\n}\n",
		"another count":    "limits \"shop\" {\n  refund \"DKK\" {\n    per_day = \"1.00 DKK\"\n  }\n  capture \"DKK\" {\n    count_per_day = 2\n  }\n}\n",
		"a count of plans": "limits \"shop\" {\n  refund \"DKK\" {\n    per_day = \"1.00 DKK\"\n  }\n  capture \"DKK\" {\n    count_per_plan = 1\n  }\n}\n",
		"one less":         "limits \"shop\" {\n  refund \"DKK\" {\n    per_day = \"1.00 DKK\"\n  }\n}\n",
	} {
		got := digest(limits)
		for other, d := range seen {
			if d == got {
				t.Errorf("%q and %q have the same settings digest", name, other)
			}
		}
		seen[name] = got
	}
}

func TestLimitsMistakes(t *testing.T) {
	refund := func(body string) string { return "limits \"shop\" {\n  refund \"DKK\" {\n" + body + "\n  }\n}\n" }
	for name, tt := range map[string]struct{ limits, want string }{
		"no name":                   {"limits {\n  refund \"DKK\" {\n    per_day = \"1.00 DKK\"\n  }\n}\n", "Missing name"},
		"an unknown merchant":       {"limits \"shpo\" {\n  refund \"DKK\" {\n    per_day = \"1.00 DKK\"\n  }\n}\n", "Unknown merchant"},
		"twice":                     {refund(`per_day = "1.00 DKK"`) + refund(`per_day = "1.00 DKK"`), "Duplicate limits"},
		"nothing":                   {"limits \"shop\" {\n}\n", "Empty limits"},
		"nothing of refunds":        {refund(""), "Empty limits"},
		"an unknown action":         {"limits \"shop\" {\n  refunds \"DKK\" {\n    per_day = \"1.00 DKK\"\n  }\n}\n", "Unknown block"},
		"an attribute of the block": {"limits \"shop\" {\n  per_day = \"1.00 DKK\"\n  refund \"DKK\" {\n    per_day = \"1.00 DKK\"\n  }\n}\n", "Unknown attribute"},
		"an unknown bound":          {refund(`per_week = "1.00 DKK"`), "Unknown attribute"},
		"no currency":               {"limits \"shop\" {\n  refund {\n    per_day = \"1.00 DKK\"\n  }\n}\n", "Missing currency"},
		"two currencies":            {"limits \"shop\" {\n  refund \"DKK\" \"SEK\" {\n    per_day = \"1.00 DKK\"\n  }\n}\n", "Missing currency"},
		"no currency of ISO 4217":   {"limits \"shop\" {\n  refund \"dkk\" {\n    count_per_day = 1\n  }\n}\n", "Unknown currency"},
		"a currency of a deletion":  {"limits \"shop\" {\n  delete \"DKK\" {\n    count_per_day = 1\n  }\n}\n", "Too many names"},
		"money of a deletion":       {"limits \"shop\" {\n  delete {\n    per_day = \"1.00 DKK\"\n  }\n}\n", "Unknown attribute"},
		"the same actions twice":    {"limits \"shop\" {\n  refund \"DKK\" {\n    count_per_day = 1\n  }\n  refund \"DKK\" {\n    count_per_day = 9\n  }\n}\n", "Duplicate limits"},
		"another currency":          {refund(`per_day = "1.00 SEK"`), "Wrong currency"},
		"a number":                  {refund(`per_day = 100`), "Wrong type"},
		"no amount":                 {refund(`per_day = "much"`), "Invalid amount"},
		"a sum of nothing":          {refund(`per_day = "0.00 DKK"`), "Limit of nothing"},
		"below zero":                {refund(`per_day = "-1.00 DKK"`), "Negative amount"},
		"three decimals":            {refund(`per_day = "1.000 DKK"`), "Wrong number of decimals"},
		"no action":                 {refund(`count_per_day = 0`), "Invalid limit"},
		"half an action":            {refund(`count_per_day = 1.5`), "Invalid limit"},
		"a count in words":          {refund(`count_per_day = "ten"`), "Invalid limit"},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := load(t, map[string]string{"main.hcl": limitedShop + tt.limits}, LoadOptions{})
			if got := summaries(diags); got != tt.want {
				t.Errorf("Load: %s, want %s", got, tt.want)
			}
		})
	}
}

// R81: with a settings file, limits in the folder are a mistake.
func TestLimitsOutsideSettings(t *testing.T) {
	settings := folderOf(t, map[string]string{"s.hcl": limitedShop}) + "/s.hcl"
	_, diags := load(t, map[string]string{"main.hcl": "limits \"shop\" {\n  refund \"DKK\" {\n    count_per_day = 1\n  }\n}\n"}, LoadOptions{Settings: settings})
	if got := summaries(diags); got != "Setting outside the settings file" {
		t.Errorf("Load: %s", got)
	}
}

package schema

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

// TestBrokenConfigurationsShowNoSecret is R71: a configuration that holds
// secrets where they must not be is broken in a thousand ways, and no message
// nor snippet shows them.
func TestBrokenConfigurationsShowNoSecret(t *testing.T) {
	const canary = "hunter2canary"
	lines := strings.SplitAfter(`merchant "shop" {
  id       = "12345678"
  password = "`+canary+`"
  md5_key1 = "`+canary+`"
  API_PASSWORD="`+canary+`" # old
  "md5_key2" = "`+canary+`"
  pace     = { concurrency = 1, token = "`+canary+`" }
  gateway  = "https://user:`+canary+`@example.com"
  secret   = <<END
`+canary+`
END
}

locals {
  password = "`+canary+`"
  md5key   = { a = "`+canary+`" }
}

transaction "x" {
  orderid = "1"
  amount  = "1.00 DKK"
  secret  = upper("`+canary+`")
}
`, "\n")
	random := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"\"", "{", "}", "=", "${", "(", "]", "\n", "#", ",", "x", "/*", ".", "%{", "<<E\n", "\\"}
	dir := t.TempDir()
	for range 1000 {
		broken := make([]string, len(lines))
		copy(broken, lines)
		for range 1 + random.IntN(3) {
			i := random.IntN(len(broken))
			switch at := random.IntN(1 + len(broken[i])); {
			case strings.Contains(broken[i], canary):
				broken[i] += pieces[random.IntN(len(pieces))]
			case strings.Contains(broken[i], "END"):
				// With its marks gone, nothing tells the text between them from others.
			case random.IntN(2) == 0:
				broken[i] = broken[i][:at] + pieces[random.IntN(len(pieces))] + broken[i][at:]
			default:
				broken[i] = broken[i][:at]
			}
		}
		text := strings.Join(broken, "")
		writeFile(t, dir, "main.hcl", text)
		c, diags := Load(dir, LoadOptions{})
		if !diags.HasErrors() {
			t.Fatalf("Load took\n%s", text)
		}
		for _, d := range diags {
			if strings.Contains(seen(c, d), canary) {
				t.Fatalf("Load of\n%s\nshows the secret:\n%s", text, render(c, hcl.Diagnostics{d}))
			}
		}
	}
}

// seen is all that a person sees of a message, put together faster than HCL's
// writer does.
func seen(c *Config, d *hcl.Diagnostic) string {
	place := *d.Subject
	if d.Context != nil {
		place = hcl.RangeOver(place, *d.Context)
	}
	lines := strings.SplitAfter(string(c.Sources[place.Filename]), "\n")
	last := min(len(lines), place.End.Line+1) // an empty place shows the line after it
	return d.Summary + d.Detail + strings.Join(lines[place.Start.Line-1:last], "")
}

func TestSecretsAreNamedWithTheirVariable(t *testing.T) {
	tests := map[string]struct{ merchant, attribute, want string }{
		"a password":       {"shop", "password", "FLEXFORM_SHOP_PASSWORD"},
		"in capitals":      {"shop", "Password", "FLEXFORM_SHOP_PASSWORD"},
		"a user":           {"shop", "api_user", "FLEXFORM_SHOP_USER"},
		"the first key":    {"shop", "md5_key", "FLEXFORM_SHOP_MD5_KEY1"},
		"the second key":   {"shop", "key2", "FLEXFORM_SHOP_MD5_KEY2"},
		"a name in two":    {"web-shop", "secret", "FLEXFORM_WEB_SHOP_PASSWORD"},
		"no secret at all": {"shop", "colour", "Unknown attribute"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, diags := load(t, map[string]string{"main.hcl": "merchant \"" + tt.merchant + "\" {\n  id = \"1\"\n  " + tt.attribute + " = \"abc\"\n}\n"}, LoadOptions{})
			if text := render(c, diags); len(diags) != 1 || !strings.Contains(text, tt.want+"\n") {
				t.Errorf("want %s, got\n%s", tt.want, text)
			}
		})
	}
}

// TestCardNumbers is R74: what looks like one is refused anywhere but where a
// transact is expected, and never shown.
func TestCardNumbers(t *testing.T) {
	const card = "4111111111111111"
	transaction := func(attributes string) string {
		return shop + "transaction \"x\" {\n  orderid = \"1\"\n  amount = \"1.00 DKK\"\n" + attributes + "\n}\n"
	}
	table := func(columns, row string) map[string]string {
		return map[string]string{"t.csv": columns + "\n" + row + "\n"}
	}
	each := func(transact string) string {
		return shop + "transaction \"x\" {\n  for_each = csv(\"t.csv\", \"k\")\n  transact = " + transact + "\n  orderid = \"1\"\n  amount = \"1.00 DKK\"\n}\n"
	}
	tests := map[string]struct {
		main  string
		files map[string]string
		found int
	}{
		"as a transact":                        {transaction(`transact = "` + card + `"`), nil, 0},
		"in a reason":                          {transaction(`reason = "card ` + card + `"`), nil, 1},
		"in a comment":                         {transaction("# " + card), nil, 1},
		"in the middle of a word":              {transaction(`reason = "x` + card + `y"`), nil, 1},
		"in groups":                            {transaction(`reason = "4111 1111 1111 1111"`), nil, 1},
		"in groups with hyphens":               {transaction(`reason = "3782-822463-10005"`), nil, 1},
		"with a wrong check digit":             {transaction(`reason = "4111111111111112"`), nil, 0},
		"with twelve digits":                   {transaction(`reason = "411111111116"`), nil, 0},
		"with thirteen digits":                 {transaction(`reason = "4222222222222"`), nil, 1},
		"with nineteen digits":                 {transaction(`reason = "6304000000000000000"`), nil, 1},
		"with twenty digits":                   {transaction(`reason = "63040000000000000000"`), nil, 0},
		"as the name of a local value":         {transaction("}\nlocals {\n  n" + card + " = 1"), nil, 1},
		"in a column for transacts":            {each("each.value.number"), table("k,number", "1,"+card), 0},
		"in the key when that is the transact": {each("each.key"), table("k,number", card+",1"), 0},
		"in a column called transact":          {each("null"), table("k,transact", "1,"+card), 0},
		"in any other column":                  {each("each.value.number"), table("k,number,note", "1,111111,"+card), 1},
		"in a key that is no transact":         {each("null"), table("k,number", card+",1"), 1},
		"in a column name":                     {each("null"), table("k,"+card, "1,1"), 1},
		"in a table that is not used":          {transaction(""), table("k", card), 0},
		"in a text that is read":               {transaction(`reason = substr(file("t.csv"), 0, 1)`), table("k", card), 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"main.hcl": tt.main}
			for k, v := range tt.files {
				files[k] = v
			}
			c, diags := load(t, files, LoadOptions{})
			var want []string
			for range tt.found {
				want = append(want, "Card number")
			}
			if diff := cmp.Diff(strings.Join(want, "\n"), summaries(diags)); diff != "" {
				t.Errorf("mistakes differ (-want +got):\n%s\n%s", diff, render(c, diags))
			}
			if text := render(c, diags); len(cards(text)) > 0 {
				t.Errorf("a card number is shown:\n%s", text)
			}
		})
	}
}

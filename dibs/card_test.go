package dibs

import (
	"strings"
	"testing"
)

// R74
func TestCardNumbersAreMasked(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"sixteen digits":                     {"cardno=4711100000000000&x", "cardno=471110XXXXXX0000&x"},
		"thirteen digits":                    {"4222222222222", "422222XXX2222"},
		"nineteen digits":                    {"6304000000000000034", "630400XXXXXXXXX0034"},
		"fifteen digits":                     {"378282246310005", "378282XXXXX0005"},
		"in groups":                          {"4711 1000 0000 0000", "4711 10XX XXXX 0000"},
		"in groups with dashes":              {"4711-1000-0000-0000.", "4711-10XX-XXXX-0000."},
		"in groups with encoded blanks":      {"4711%201000%200000%200000", "4711%2010XX%20XXXX%200000"},
		"in groups with encoded dashes":      {"4711%2D1000%2d0000%2D0000", "4711%2D10XX%2dXXXX%2D0000"},
		"in groups with plus":                {"4711+1000+0000+0000", "4711+10XX+XXXX+0000"},
		"after an encoded blank":             {"card%204711100000000000", "card%20471110XXXXXX0000"},
		"after a number":                     {"5 4711100000000000", "5 471110XXXXXX0000"},
		"before a date":                      {"4711100000000000 0624", "471110XXXXXX0000 0624"},
		"twice":                              {"4711100000000000,4222222222222", "471110XXXXXX0000,422222XXX2222"},
		"between zero bytes":                 {"4\x007\x001\x001\x001\x000\x000\x000\x000\x000\x000\x000\x000\x000\x000\x000", "4\x007\x001\x001\x001\x000\x00X\x00X\x00X\x00X\x00X\x00X\x000\x000\x000\x000"},
		"what is left and the number before": {"0000000 00000000000000", "000000X XX0000XXXX0000"},
		"too long to be one":                 {"12345678901234567890", "123456XXXXXXXXXX7890"},
		"too short to be one":                {"471110000000", "471110000000"},
		"a number that fails the check":      {"4711100000000001", "4711100000000001"},
		"a transaction and an order":         {"transact=2718314359&orderid=11223344", "transact=2718314359&orderid=11223344"},
		"nothing":                            {"", ""},
		"digits that only add up to a run":   {"1,2,3,4,5,6,7,8,9,10,11,12,13", "1,2,3,4,5,6,7,8,9,10,11,12,13"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := maskCards(tt.text); got != tt.want {
				t.Errorf("maskCards(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

// R70: a gateway, or whatever answers in its place, may send back what it got.
func TestSecretsAreMasked(t *testing.T) {
	c := cleaner{}.knowing("p&ss w+rd").knowing("token==").knowing("")
	tests := map[string]struct{ text, want string }{
		"as it is":                  {"x=p&ss w+rd&y=token==", "x=redacted&y=redacted"},
		"percent-encoded":           {"x=p%26ss%20w%2Brd", withheld},
		"percent-encoded in part":   {"x=p&ss%20w%2brd", withheld},
		"every byte encoded":        {"%70%26%73%73%20%77%2B%72%64", withheld},
		"as an HTML text":           {"<b>p&amp;ss w+rd</b>", withheld},
		"none":                      {"x=pass", "x=pass"},
		"at the end of a long text": {strings.Repeat("x", maxCleaned-4) + "p&ss w+rd", strings.Repeat("x", 61) + "..."},
		"in a text too long":        {"p&ss w+rd" + strings.Repeat("x", maxCleaned), withheld},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := c.clean(tt.text, 64); got != tt.want {
				t.Errorf("clean(%.100q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestEscapesAreNeverCut(t *testing.T) {
	tokens := []string{"a", `\u202e`, `\x01`, `\U0001f4b0`, `\\`, `\xff`}
	text, want := strings.Repeat("a\u202e\x01\U0001f4b0\\\xff", 4), strings.Repeat(strings.Join(tokens, ""), 4)
	if got := escape(text, len(want)); got != want {
		t.Fatalf("escape = %q, want %q", got, want)
	}
	for limit := 16; limit < len(want); limit++ {
		got := escape(text, limit)
		kept, marked := strings.CutSuffix(got, "...")
		if len(got) > limit || len(got) < limit-9 || !marked || !strings.HasPrefix(want, kept) {
			t.Errorf("escape to %d = %q", limit, got)
		}
		for i := 0; kept != ""; i++ {
			var whole bool
			if kept, whole = strings.CutPrefix(kept, tokens[i%len(tokens)]); !whole {
				t.Fatalf("escape to %d = %q ends inside an escape", limit, got)
			}
		}
	}
	if got := escape(strings.Repeat("x", 20), 10); got != "xxxxxxx..." {
		t.Errorf("escape = %q", got)
	}
}

package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// R68: what is shown, and how, for prose and for names.
func TestEscape(t *testing.T) {
	tests := map[string]struct{ in, visible, ident string }{
		"plain text":              {"RMA 4411: one", "RMA 4411: one", "RMA 4411: one"},
		"Danish":                  {"Ærø-1, blåbær", "Ærø-1, blåbær", "Ærø-1, blåbær"},
		"empty":                   {"", "", ""},
		"terminal colour":         {"\x1b[31mred", `\x1b[31mred`, `\x1b[31mred`},
		"8-bit control sequence":  {"\u009b31m", `\u009b31m`, `\u009b31m`},
		"line ends and tab":       {"a\r\nb\tc", `a\r\nb\tc`, `a\r\nb\tc`},
		"NUL and DEL":             {"\x00\x7f", `\x00\x7f`, `\x00\x7f`},
		"bidi override":           {"1\u202e2\u202c", `1\u202e2\u202c`, `1\u202e2\u202c`},
		"bidi isolate":            {"\u2066x\u2069", `\u2066x\u2069`, `\u2066x\u2069`},
		"Hebrew reorders amounts": {"אב 5", `\u05d0\u05d1 5`, `\u05d0\u05d1 5`},
		"zero width":              {"a\u200bb\ufeffc", `a\u200bb\ufeffc`, `a\u200bb\ufeffc`},
		"soft hyphen":             {"a\u00adb", `a\u00adb`, `a\u00adb`},
		"tag characters":          {"a\U000e0041b", `a\U000e0041b`, `a\U000e0041b`},
		"fillers":                 {"\u3164\u2800", `\u3164\u2800`, `\u3164\u2800`},
		"variation selector":      {"a\ufe0f", `a\ufe0f`, `a\ufe0f`},
		"line separator":          {"a\u2028b", `a\u2028b`, `a\u2028b`},
		"hard space":              {"a\u00a0b", `a\u00a0b`, `a\u00a0b`},
		"not UTF-8":               {"a\xffb\xc3", `a\xffb\xc3`, `a\xffb\xc3`},
		"overlong":                {"\xc0\x9b", `\xc0\x9b`, `\xc0\x9b`},
		"replacement character":   {"\ufffd", "\ufffd", `\ufffd`},
		"Cyrillic in Latin word":  {"pаypal", `p\u0430ypal`, `p\u0430ypal`},
		"Russian word":            {"возврат RMA", "возврат RMA", `\u0432\u043e\u0437\u0432\u0440\u0430\u0442 RMA`},
		"fullwidth digits":        {"５0", `\uff150`, `\uff150`},
		"Arabic-Indic digits":     {"٥", `\u0665`, `\u0665`},
		"mathematical letters":    {"𝐃KK", `\U0001d403KK`, `\U0001d403KK`},
		"decomposed letter":       {"e\u0301", "e\u0301", `e\u0301`},
		"mark on nothing":         {"\u0301e", `\u0301e`, `\u0301e`},
		"stacked marks":           {"e\u0301\u0301\u0301", "e\u0301\u0301" + `\u0301`, `e\u0301\u0301\u0301`},
		"typographic dash":        {"a–b", "a–b", `a\u2013b`},
		"backslash":               {`a\nb`, `a\nb`, `a\\nb`},
		"Japanese":                {"返品", "返品", `\u8fd4\u54c1`},
		"dotless i":               {"ı", "ı", `\u0131`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Visible(tt.in); got != tt.visible {
				t.Errorf("Visible(%q) = %q, want %q", tt.in, got, tt.visible)
			}
			if got := Ident(tt.in); got != tt.ident {
				t.Errorf("Ident(%q) = %q, want %q", tt.in, got, tt.ident)
			}
		})
	}
}

func TestLines(t *testing.T) {
	got := Lines("one\r\n\n  two\x1b\rthree")
	if want := "one\n\n  two\\x1b\\rthree"; got != want {
		t.Errorf("Lines = %q, want %q", got, want)
	}
}

// dangerous finds a rune that a terminal would act on, by its own list and not
// by that of the code under test.
func dangerous(s string) (rune, bool) {
	for i, r := range s {
		if r == utf8.RuneError && s[i] != 0xef {
			return r, true // a byte that is not UTF-8
		}
		switch {
		case r < 0x20 && r != '\n', r >= 0x7f && r <= 0x9f,
			r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
			r == 0x61c, r == 0xfeff, r == 0xad, r >= 0xe0000 && r <= 0xe0fff,
			unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Bidi_Control):
			return r, true
		}
	}
	return 0, false
}

// R68: no raw control or bidi character, no line end in a cell, and no two
// names that look the same.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a\x1b[2Jb", "x\u202ey", "\xff\xfe", "pаypal", "a\\u202e", "e\u0301\u0301\u0301", "\n\r\t", "0\u05ac"} {
		f.Add(s, s+"\u200b")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for name, out := range map[string]string{"Visible": Visible(a), "Ident": Ident(a), "Lines": Lines(a)} {
			if r, bad := dangerous(out); bad {
				t.Errorf("%s(%q) = %q has %U", name, a, out, r)
			}
			if name != "Lines" && strings.ContainsAny(out, "\n\r") {
				t.Errorf("%s(%q) = %q has a line end", name, a, out)
			}
		}
		if a != b && Ident(a) == Ident(b) {
			t.Errorf("Ident(%q) = Ident(%q) = %q", a, b, Ident(a))
		}
	})
}

package inert

import "testing"

func TestJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":"plain \u001b[2J"}`:          `{"a":"plain \u001b[2J"}`,
		"\"håndværk 返品 €\"":                "\"håndværk 返品 €\"",
		"\"\u202eDKK 1\u2066\"":            `"\u202eDKK 1\u2066"`,
		"\"\x7f\u0085\u00ad\u200b\ufeff\"": `"\u007f\u0085\u00ad\u200b\ufeff"`,
		"\"שלום\"":                         `"\u05e9\u05dc\u05d5\u05dd"`,
		"\"\U000e0041\U0001f600\"":         "\"\\udb40\\udc41\U0001f600\"",
		"\"\u3164\ufe0f\u2800\"":           `"\u3164\ufe0f\u2800"`,
	} {
		if got := string(JSON([]byte(text), Acts)); got != want {
			t.Errorf("JSON(%q) = %q, want %q", text, got, want)
		}
	}
}

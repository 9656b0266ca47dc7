package sandbox

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzQuery: whatever the body, reading it ends without a panic, names are in
// lower case, and a well-formed form means what net/url says it means.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"merchant=12345678&transact=11111111", "&a=b&&c", "a=%", "a=%4", "a=%zz+%41", "=", "&=&", "A=1&a=2", "a=b\r\n", "%41=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		q, err := readQuery(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(body)))
		if err != nil {
			if len(body) <= maxBody {
				t.Fatalf("readQuery(%q): %v", body, err)
			}
			return
		}
		for name := range q.params {
			if name != strings.ToLower(name) {
				t.Errorf("readQuery(%q) has parameter %q", body, name)
			}
		}
		values, err := url.ParseQuery(body)
		if err != nil || strings.ContainsAny(body, "\r\n") {
			return
		}
		spellings := map[string]int{}
		for name := range values {
			spellings[strings.ToLower(name)]++
		}
		for name, value := range values {
			lower := strings.ToLower(name)
			if spellings[lower] == 1 && q.params[lower] != value[0] {
				t.Errorf("readQuery(%q) has %s=%q, want %q", body, lower, q.params[lower], value[0])
			}
		}
	})
}

// FuzzEscape: a value survives a reply, as far as Latin-1 can hold it, and
// whole in UTF-8.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"V-DK", "A Ticket Draw/7", "Ærø-1", "a&b=c%d+e", "€"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := decodeText(s)
		want := strings.Map(func(r rune) rune {
			if r > 0xff {
				return '?'
			}
			return r
		}, text)
		raw := unescape(Latin1.escape(text))
		var got strings.Builder
		for i := range len(raw) {
			got.WriteRune(rune(raw[i]))
		}
		if got.String() != want {
			t.Errorf("escape(%q) reads as %q, want %q", text, got.String(), want)
		}
		if got, want := unescape(UTF8.escape(text)), strings.ToValidUTF8(text, "\ufffd"); got != want {
			t.Errorf("escape(%q) in UTF-8 reads as %q, want %q", text, got, want)
		}
	})
}

package sandbox

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzQuery: whatever the body, reading it ends without a panic, and where
// net/url can decode its pairs, each parameter is there with its first value
// and no other is.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"merchant=12345678&transact=11111111", "&a=b&&c", "a=%", "a=%4", "a=%zz+%41", "=", "&=&", "A=1&a=2", "a=b\r\n", "%41=1", "a=1&\n&a=2", "a\r=1", "\xec", "%D8l=1&%C3%98l=2",
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
		if want, decodable := modelQuery(body); decodable {
			if diff := cmp.Diff(want, q.params); diff != "" {
				t.Errorf("readQuery(%q) (-model +got):\n%s", body, diff)
			}
		}
		for name := range q.params {
			if name != strings.ToLower(name) {
				t.Errorf("readQuery(%q) has parameter %q", body, name)
			}
		}
	})
}

// modelQuery reads a form with net/url, pair by pair: line ends around a pair
// are not its own, nothing at all is no pair, the first of a name counts, and
// names are in UTF-8 or in Latin-1.
func modelQuery(body string) (params map[string]string, decodable bool) {
	params = map[string]string{}
	for _, pair := range strings.Split(body, "&") {
		if pair == "" {
			continue
		}
		for strings.HasPrefix(pair, "\r") || strings.HasPrefix(pair, "\n") {
			pair = pair[1:]
		}
		for strings.HasSuffix(pair, "\r") || strings.HasSuffix(pair, "\n") {
			pair = pair[:len(pair)-1]
		}
		both := strings.SplitN(pair, "=", 2)
		name, err := url.QueryUnescape(both[0])
		if err != nil {
			return nil, false
		}
		value := ""
		if len(both) == 2 {
			if value, err = url.QueryUnescape(both[1]); err != nil {
				return nil, false
			}
		}
		if !utf8.ValidString(name) { // then it is in Latin-1, where a byte is a character
			runes := make([]rune, len(name))
			for i := range runes {
				runes[i] = rune(name[i])
			}
			name = string(runes)
		}
		if name = strings.ToLower(name); !contains(params, name) {
			params[name] = value
		}
	}
	return params, true
}

func contains(params map[string]string, name string) bool { _, found := params[name]; return found }

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

package dibs

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
)

// sealed fails the test when text holds the canary, in any of the spellings in
// which it could be carried out.
func sealed(t *testing.T, what, text string) {
	t.Helper()
	for _, form := range spellings(canary) {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			t.Errorf("%s shows the canary as %q: %s", what, form, escape(text, 400))
		}
	}
}

func spellings(s string) []string {
	forms := []string{s, hex.EncodeToString([]byte(s)), url.QueryEscape(s), url.PathEscape(s)}
	for _, user := range []string{"", "api:", "a", "ab"} { // base64 has three alignments
		b := base64.StdEncoding.EncodeToString([]byte(user + s))
		forms = append(forms, b[(len(user)*4+2)/3:len(b)-4])
	}
	var percent strings.Builder
	for i := range len(s) {
		percent.WriteString("%" + hex.EncodeToString([]byte{s[i]}))
	}
	return append(forms, percent.String())
}

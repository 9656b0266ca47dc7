package plan

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/internal/inert"
)

// R68: a plan file holds nothing raw that a terminal acts on, has every text as
// it was, and is read back and trusted.
func TestPlanFileIsInert(t *testing.T) {
	for _, text := range []string{"\u202e02 KKD\u202c", "\x1b]0;x\a\u009b31m", "a\u2028b\x7f\ufeff", "שלום 5.00 مرحبا", "\U000e0041\u200d"} {
		p := sample(t)
		p.Body.Actions[0].Reason, p.Body.Notices[0].Text, p.Body.Blocked[0].Detail = text, text, text
		p, err := Seal(Draft{Body: p.Body, Counts: p.Envelope.Counts, Positions: p.Envelope.Positions}, p.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		file := encode(t, p)
		if i := bytes.IndexFunc(file, func(r rune) bool { return r < ' ' && r != '\n' || inert.Acts(r) }); i >= 0 {
			t.Errorf("%q is raw in the file: %q", text, file[i:i+20])
		}
		back, err := Decode(file)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if diff := cmp.Diff(p.Body, back.Body); diff != "" {
			t.Errorf("%q was changed:\n%s", text, diff)
		}
		var raw bytes.Buffer // by the encoder's own hand, which leaves them raw
		j := json.NewEncoder(&raw)
		j.SetEscapeHTML(false)
		if err := j.Encode(text); err != nil {
			t.Fatal(err)
		}
		quoted := bytes.TrimSpace(raw.Bytes())
		if same := bytes.Equal(quoted, inert.JSON(quoted, inert.Acts)); !same {
			forged := bytes.Replace(file, inert.JSON(quoted, inert.Acts), quoted, 1)
			if _, err := Decode(forged); err == nil {
				t.Errorf("a file with %q raw in it is read", text)
			}
		}
	}
}

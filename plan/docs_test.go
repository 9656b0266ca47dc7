package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const docs = "../docs/plan-format.md"

// The sample in the documentation is the golden file.
func TestDocumentedSample(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join("testdata", "plan-1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	text, rest, found := strings.Cut(string(page), "```json\n")
	sample, after, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("%s has no sample", docs)
	}
	if *update {
		sample = string(golden)
		if err := os.WriteFile(docs, []byte(text+"```json\n"+sample+"```\n"+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(golden), sample); diff != "" {
		t.Errorf("sample in %s mismatch (-golden +documented):\n%s", docs, diff)
	}
}

// The recipes of the documentation, done without the code that they check:
// the digest over the compact body, the seal over the bytes before its line.
func TestDocumentedHashes(t *testing.T) {
	for _, file := range [][]byte{encode(t, sample(t)), manyActions(t, 10<<10)} {
		var parts struct {
			Digest, Seal string
			Body         json.RawMessage
		}
		if err := json.Unmarshal(file, &parts); err != nil {
			t.Fatal(err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, parts.Body); err != nil {
			t.Fatal(err)
		}
		if want := hashed(compact.Bytes()); parts.Digest != want {
			t.Errorf("digest %s, the recipe gives %s", parts.Digest, want)
		}
		lines := bytes.SplitAfter(file, []byte("\n"))
		if want := hashed(bytes.Join(lines[:len(lines)-3], nil)); parts.Seal != want { // two lines and the empty rest
			t.Errorf("seal %s, the recipe gives %s", parts.Seal, want)
		}
	}
}

func hashed(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Every member of the format and every value of its enumerations is documented.
func TestDocumentationIsComplete(t *testing.T) {
	page, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(page), "```json")
	for _, v := range []any{Plan{}, Body{}, Action{}, Envelope{}} {
		for i := range reflect.TypeOf(v).NumField() {
			name, _, _ := strings.Cut(reflect.TypeOf(v).Field(i).Tag.Get("json"), ",")
			if !strings.Contains(text, "`"+name+"`") {
				t.Errorf("%s does not mention `%s`", docs, name)
			}
		}
	}
	for _, word := range []string{
		string(CauseDrift), string(CauseUnknown), string(CauseSettling), string(CauseUnread), string(CauseNotFound), string(CauseMismatch), string(CauseStatus),
		string(SelfLimiting), string(Counted), string(FromGateway), string(FromLedger), string(FromDeclared), FormatVersion,
	} {
		if !strings.Contains(text, "`"+word+"`") && !strings.Contains(text, `"`+word+`"`) {
			t.Errorf("%s does not mention `%s`", docs, word)
		}
	}
}

package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/internal/need"
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

// The command for the digest does what it says, whatever a text holds.
func TestDocumentedCommand(t *testing.T) {
	p := sample(t)
	p.Body.Actions[0].Reason = "a<b>&\u00e9 \"q\" \\ \t \u007f \u2028 \u2029 \u202e \u05d0 \U000e0041 },"
	p, err := Seal(Draft{Body: p.Body, Counts: p.Envelope.Counts, Positions: p.Envelope.Positions}, p.Envelope)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "plan.json"), encode(t, p), 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```sh\n")
	command, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("%s has no command", docs)
	}
	for _, program := range []string{"sed", "tr", "sha256sum"} {
		need.Command(t, program)
	}
	run := exec.Command(need.Command(t, "sh"), "-c", command)
	run.Dir = dir
	out, err := run.Output()
	if got := "sha256:" + strings.Join(strings.Fields(string(out)), " "); err != nil || got != p.Digest+" -" {
		t.Errorf("%s\ngives %s, error %v; want %s", command, got, err, p.Digest)
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

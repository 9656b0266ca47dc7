package report

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"
)

func TestError(t *testing.T) {
	login := &dibs.LoginError{Service: "refund.cgi", User: "shop\x1b[2J"}
	tests := map[string]error{
		"plain":          fmt.Errorf("read plan plan.json: %w", fs.ErrNotExist),
		"hostile":        errors.New("reply \"\x1b[2J\u202e\" decides nothing"),
		"login":          fmt.Errorf("read transactions: %w", login),
		"login, advised": fmt.Errorf("%w; no second try was made. Correct the password before running again:\n\n  FLEXFORM_SHOP_USER\n  FLEXFORM_SHOP_PASSWORD", login),
		"uncertain":      &dibs.UncertainError{Service: "refund.cgi", Transact: "11111111", Err: errors.New("no reply within 60 s")},
		"locked":         &statefile.LockedError{Path: "flexform.ledger.lock", Holder: statefile.Holder{User: "jensen", Host: "ci-7", PID: 412, Time: noon}, Age: 3 * time.Minute, Unsure: true},
		"corrupt":        fmt.Errorf("read ledger: %w", &statefile.CorruptError{Path: "flexform.ledger", Seq: 17, Why: "its hash does not match"}),
		"not written":    &statefile.WriteError{Path: "flexform.ledger", Err: errors.New("no space left on device")},
		"claimed":        &statefile.ClaimedError{Action: "12345678/11111111/refund/0-50/DKK#1", Seq: 7, State: statefile.ActionDone},
		"folder":         &statefile.FolderError{Path: "gone/flexform.ledger", Err: fs.ErrNotExist},
		"tampered":       &plan.TamperedError{Part: "seal"},
		"made by hand":   &plan.FormatError{Line: 8, Why: "not written as flexform writes it", Sealed: true},
		"expired":        fmt.Errorf("apply: %w", &policy.RefusedError{Reason: policy.Expired, Detail: "The plan expired at 2026-11-03T12:00:00Z; it is 2026-11-06T12:00:00Z. Plan again."}),
		"not desired":    &policy.RefusedError{Reason: policy.NotDesired, Address: "transaction.a\x1b", Detail: "The action is not what the configuration asks for. Plan again."},
		"other ledger":   &policy.RefusedError{Reason: policy.StaleLedger, Detail: "This is another ledger. Find out which one is right before anything is applied."},
		"newer plan":     &plan.VersionError{Found: "2.0"},
		"joined":         errors.Join(errors.New("append: disk full"), errors.New("close: disk full")),
		"paragraphs":     errors.New("first\nsecond\n  command one\n  command two\nthird\n\nfourth"),
	}
	var out strings.Builder
	for _, name := range []string{"plain", "hostile", "login", "login, advised", "uncertain", "locked", "corrupt", "not written", "claimed", "folder", "tampered", "made by hand", "expired", "not desired", "other ledger", "newer plan", "joined", "paragraphs"} {
		fmt.Fprintf(&out, "-- %s --\n", name)
		if err := Error(&out, tests[name], Style{Width: 80}); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
		delete(tests, name)
	}
	if len(tests) > 0 {
		t.Errorf("not shown: %v", tests)
	}
	golden(t, "errors.txt", out.String())
	if r, bad := dangerous(out.String()); bad {
		t.Errorf("%U in an error", r)
	}
}

func TestRecorded(t *testing.T) {
	var b strings.Builder
	entries := sampleEntries()
	for _, e := range entries {
		var err error
		switch {
		case e.Adopted != nil:
			err = Adopted(&b, *e.Adopted, Style{Folder: "my shop"})
		case e.Resolved != nil:
			err = Resolved(&b, *e.Resolved, Style{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := `Recorded: transaction.order_1001 (11111111) stands at captured 200.00 DKK, refunded 50.00 DKK. No money was moved. What is left to do:

    flexform plan 'my shop'
Recorded: refund 50.00 -> 80.00 DKK of 11111111, attempt 2 did happen. No money was moved. What is left to do:

    flexform plan
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestVersion(t *testing.T) {
	build := Build{Version: "0.1.0", Commit: "5d41402abc", Go: "go1.26.0", Platform: "linux/amd64"}
	var b strings.Builder
	if err := errors.Join(VersionText(&b, build), VersionJSON(&b, build), VersionText(&b, Build{Version: "0.2.0", Go: "go1.27.0", Platform: "linux/arm64"})); err != nil {
		t.Fatal(err)
	}
	want := `flexform 0.1.0, commit 5d41402abc
plan format 1.0, ledger format 1.0, go1.26.0, linux/amd64
{
  "flexform_version": "0.1.0",
  "plan_format": "1.0",
  "ledger_format": "1.0",
  "commit": "5d41402abc",
  "go": "go1.26.0",
  "platform": "linux/amd64"
}
flexform 0.2.0
plan format 1.0, ledger format 1.0, go1.27.0, linux/arm64
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// brokenWriter fails after some bytes.
type brokenWriter struct{ left int }

var errBroken = errors.New("broken pipe")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		n := w.left
		w.left = 0
		return n, errBroken
	}
	w.left -= len(p)
	return len(p), nil
}

// A result that was not written is a failure, wherever the write breaks.
func TestWriteErrors(t *testing.T) {
	p, o := fullPlan()
	diags, sources := sampleDiagnostics(t)
	status := sampleStatus(t)
	mixed, result := mixedResult()
	tests := map[string]func(w *brokenWriter) error{
		"PlanText":        func(w *brokenWriter) error { return PlanText(w, p, o) },
		"PlanMarkdown":    func(w *brokenWriter) error { return PlanMarkdown(w, p, o) },
		"Diagnostics":     func(w *brokenWriter) error { return Diagnostics(w, sources, diags, Style{}) },
		"Undecided":       func(w *brokenWriter) error { return Undecided(w, []statefile.Action{{ID: "x"}}, Style{}) },
		"DiagnosticsJSON": func(w *brokenWriter) error { return DiagnosticsJSON(w, 1, 1, diags) },
		"StatusText":      func(w *brokenWriter) error { return StatusText(w, status, Style{}) },
		"StatusJSON":      func(w *brokenWriter) error { return StatusJSON(w, status) },
		"HistoryText":     func(w *brokenWriter) error { return HistoryText(w, sequence(sampleEntries(), nil), Style{}) },
		"HistoryJSON":     func(w *brokenWriter) error { return HistoryJSON(w, sequence(sampleEntries(), nil)) },
		"Error":           func(w *brokenWriter) error { return Error(w, errors.New("x"), Style{}) },
		"Adopted":         func(w *brokenWriter) error { return Adopted(w, statefile.Adopted{}, Style{}) },
		"Resolved":        func(w *brokenWriter) error { return Resolved(w, statefile.Resolved{}, Style{}) },
		"ResultText":      func(w *brokenWriter) error { return ResultText(w, mixed, result, Style{}) },
		"ResultJSON":      func(w *brokenWriter) error { return ResultJSON(w, ending(mixed, result, 0)) },
		"Settled":         func(w *brokenWriter) error { return Settled(w, sampleFindings(), Style{}) },
		"EventJSON":       func(w *brokenWriter) error { return (&EventWriter{w, ticking()}).Event(sampleEvents()[0]) },
		"VersionText":     func(w *brokenWriter) error { return VersionText(w, Build{}) },
		"VersionJSON":     func(w *brokenWriter) error { return VersionJSON(w, Build{}) },
	}
	for name, write := range tests {
		for _, left := range []int{0, 5} {
			if err := write(&brokenWriter{left: left}); !errors.Is(err, errBroken) {
				t.Errorf("%s to a writer that breaks after %d bytes: error %v", name, left, err)
			}
		}
	}
}

// Every reason to refuse a plan has its own words.
func TestRefusedFor(t *testing.T) {
	seen := map[string]policy.Reason{}
	for _, r := range []policy.Reason{policy.Tampered, policy.Empty, policy.AlreadyApplied, policy.Expired, policy.OtherVersion, policy.OtherMode,
		policy.StaleSettings, policy.StaleConfig, policy.StaleLedger, policy.NotDesired} {
		text := refusedFor(r)
		if other, twice := seen[text]; twice || text == "see below" {
			t.Errorf("refusedFor(%s) = %q, as for %q", r, text, other)
		}
		seen[text] = r
	}
}

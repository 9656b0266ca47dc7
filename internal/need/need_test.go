package need_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"flexform/internal/need"
)

// A recorder notes how a test would have ended.
type recorder struct{ end string }

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.end = "failed: " + fmt.Sprintf(format, args...)
}

func (r *recorder) Skipf(format string, args ...any) {
	r.end = "skipped: " + fmt.Sprintf(format, args...)
}

func TestPart(t *testing.T) {
	missing := errors.New("no such thing")
	tests := map[string]struct {
		ci   string
		err  error
		want string
	}{
		"there":          {want: ""},
		"there, in CI":   {ci: "true", want: ""},
		"missing":        {err: missing, want: "skipped: this test needs a part: no such thing"},
		"missing, in CI": {ci: "true", err: missing, want: "failed: this test needs a part, and with CI set nothing may be missing: no such thing"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CI", tt.ci)
			var r recorder
			need.Part(&r, "a part", tt.err)
			if r.end != tt.want {
				t.Errorf("Part ended with %q, want %q", r.end, tt.want)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	dir := t.TempDir()
	want := filepath.Join(dir, "flexform-need-test")
	t.Setenv("PATH", dir)
	t.Setenv("CI", "true")

	var r recorder
	need.Command(&r, "flexform-need-test")
	if r.end == "" {
		t.Errorf("Command went on without the program")
	}
	if err := os.WriteFile(want, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	r = recorder{}
	if got := need.Command(&r, "flexform-need-test"); got != want || r.end != "" {
		t.Errorf("Command = %q, test ended with %q; want %q and no end", got, r.end, want)
	}
}

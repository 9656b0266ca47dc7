package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A store that cannot be written is named, with the reason in words: SQLite
// would say "disk I/O error (3850)".
func TestBuiltInStoreUnwritable(t *testing.T) {
	dir := starterFolder(t)
	store := filepath.Join(dir, ".flexform", "sandbox.db")
	if err := os.MkdirAll(store, 0o700); err != nil { // a folder: not even root can write it
		t.Fatal(err)
	}
	code, said := runOn(t, t.Context(), nil, io.Discard, io.Discard, "plan", dir)
	if code != int(exitError) || !strings.Contains(said, "sandbox.db, and that cannot be written: is a directory") {
		t.Errorf("exit %d, stderr %q, want %d and that the store cannot be written", code, said, exitError)
	}
}

func TestHistoryWithoutLedger(t *testing.T) {
	dir := starterFolder(t)
	var out bytes.Buffer
	code, said := runOn(t, t.Context(), nil, &out, io.Discard, "history", dir)
	if code != 0 || said != "" || !strings.Contains(out.String(), "nothing was applied") {
		t.Errorf("exit %d, stderr %q, stdout %q, want 0 and that nothing was applied", code, said, out.String())
	}
}

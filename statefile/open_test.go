package statefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flexform/internal/durable/disktest"
)

func options() Options {
	return Options{Now: clock(), Actor: anna}
}

func open(t *testing.T, path string, o Options) *File {
	t.Helper()
	f, err := Open(path, o)
	if err != nil {
		t.Fatalf("Open(%s): %v", path, err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func write(t *testing.T, path string, b []byte, perm fs.FileMode) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, b, perm), os.Chmod(path, perm)); err != nil {
		t.Fatal(err)
	}
}

// Each way in which there is no ledger has an error of its own, which says
// what to do, from Read, ReadEntries and Open alike.
func TestNoLedger(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		write(t, path, content, 0o600)
		return path
	}
	damaged := short(t)
	damaged[len(damaged)/2] ^= 1
	for name, tt := range map[string]struct {
		path string
		is   func(error) bool
		says string
	}{
		"no folder":        {filepath.Join(dir, "no", "x.ledger"), isA[*FolderError], "mkdir -p"},
		"a file as folder": {filepath.Join(file("plain", nil), "x.ledger"), isA[*FolderError], "mkdir -p"},
		"a folder":         {dir, isA[*ForeignError], "name another file"},
		"an empty file":    {file("empty", nil), isA[*EmptyError], "restore it"},
		"another file":     {file("foreign", []byte("hello\n")), isA[*ForeignError], "name another file"},
		"a damaged ledger": {file("damaged", damaged), isA[*CorruptError], "put back the newest copy"},
		"a newer ledger":   {file("newer", reseal([]byte(strings.Replace(string(short(t)), `"1.0"`, `"2.0"`, 1)))), isA[*VersionError], "format 2.0"},
	} {
		_, err := Read(tt.path)
		if !tt.is(err) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: Read: %T %v", name, err, err)
		}
		before, _ := os.ReadFile(tt.path)
		if _, err := Open(tt.path, options()); !tt.is(err) {
			t.Errorf("%s: Open: %T %v", name, err, err)
		}
		if after, _ := os.ReadFile(tt.path); string(after) != string(before) {
			t.Errorf("%s: Open changed the file", name)
		}
		if _, err := os.Stat(tt.path + lockSuffix); err == nil {
			t.Errorf("%s: Open left its lock behind", name)
		}
		var last error
		for _, err := range ReadEntries(tt.path) {
			last = err
		}
		if !tt.is(last) {
			t.Errorf("%s: ReadEntries ends with %T %v", name, last, last)
		}
	}
}

// Simulator seed 18713: a process that lost its lock between looking for the
// ledger and making one must not replace what another made meanwhile.
func TestCreateReplacesNothing(t *testing.T) {
	disk := disktest.New()
	o := options()
	o.FS = disk.Start()
	if err := create("flexform.ledger", o.withDefaults()); err != nil {
		t.Fatal(err)
	}
	first := disk.Bytes("flexform.ledger")
	if err := create("flexform.ledger", o.withDefaults()); err != nil {
		t.Fatal(err)
	}
	if string(disk.Bytes("flexform.ledger")) != string(first) {
		t.Error("create replaced a ledger")
	}
	if disk.Bytes("flexform.ledger.tmp0") != nil {
		t.Error("create left its temporary file")
	}
}

func TestMissingLedgerIsEmpty(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger")
	s, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if hash, seq := s.Head(); hash != "" || seq != 0 {
		t.Errorf("Head() = %q, %d", hash, seq)
	}
	for e, err := range ReadEntries(path) {
		t.Errorf("entry %v, %v", e, err)
	}
	var zero State
	for tr := range zero.Transactions() {
		t.Errorf("the zero State has %v", tr)
	}
	if u := zero.PlanUse(planA); u.Begun || zero.TouchedSince(Key{}, 0) || zero.Undecided() != nil {
		t.Error("the zero State knows something")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("reading made the file")
	}
}

func TestUnreadable(t *testing.T) {
	disk := disktest.New()
	disk.Put("x.ledger", short(t), 0o600)
	for op, says := range map[string]string{
		"stat": "no access to ledger x.ledger", "open": "no access to ledger x.ledger", "link": "no hard links",
	} {
		p := disk.Start()
		disk.Inject(func(c disktest.Call) disktest.Fault {
			if c.Op == op {
				return disktest.Fault{Err: fs.ErrPermission}
			}
			return disktest.Fault{}
		})
		_, err := Open("x.ledger", Options{Now: clock(), FS: p})
		if err == nil || !strings.Contains(err.Error(), says) || isA[*AccessError](err) != errors.Is(err, fs.ErrPermission) {
			t.Errorf("Open when %s is denied: %T %v", op, err, err)
		}
	}
}

// R75: a new ledger is its owner's alone; one that others can write is not
// used.
func TestFileMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger")
	for _, tt := range []struct {
		mode  fs.FileMode
		notes int
		opens bool
	}{{0o600, 0, true}, {0o640, 1, true}, {0o604, 1, true}, {0o620, 0, false}, {0o602, 0, false}, {0o666, 0, false}} {
		var notes []string
		o := options()
		o.Notify = func(s string) { notes = append(notes, s) }
		f, err := Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("mode %v, %v, want 0600", info.Mode(), err)
		}
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		f, err = Open(path, o)
		if tt.opens != (err == nil) || !tt.opens && !isA[*ModeError](err) || len(notes) != tt.notes {
			t.Errorf("mode %v: %v, notes %q", tt.mode, err, notes)
		}
		if f != nil {
			f.Close()
		}
		os.Remove(path)
	}
}

// What a power cut left of the last entry goes, with a note; an entry that is
// whole stays.
func TestOpenMendsTheEnd(t *testing.T) {
	ledger := short(t)
	end := len(ledger)
	for name, tt := range map[string]struct {
		file []byte
		want []byte
		note string
	}{
		"sound":                  {ledger, ledger, ""},
		"cut in the last entry":  {ledger[:end-200], join(linesOf(ledger)[:3]...), "cut off, and were removed; entry 3 is the last"},
		"without the last byte":  {ledger[:end-1], ledger, "lacked its end of line"},
		"zeros for the last":     {append(ledger[:end-1:end-1], 0, 0), ledger, "lacked its end of line"},
		"zeros behind":           {append(ledger[:end:end], 0, 0), ledger, "2 bytes"},
		"cut, with zeros behind": {append(ledger[:end-9:end-9], make([]byte, 9)...), join(linesOf(ledger)[:3]...), "entry 3 is the last"},
	} {
		path := filepath.Join(t.TempDir(), "x.ledger")
		write(t, path, tt.file, 0o600)
		var notes []string
		o := options()
		o.Notify = func(s string) { notes = append(notes, s) }
		f := open(t, path, o)
		if got, _ := os.ReadFile(path); string(got) != string(tt.want) {
			t.Errorf("%s: the file is\n%s\nwant\n%s", name, got, tt.want)
		}
		if text := strings.Join(notes, "\n"); !strings.Contains(text, tt.note) || (tt.note == "") != (text == "") {
			t.Errorf("%s: notes %q, want %q", name, notes, tt.note)
		}
		if _, err := f.Append(t.Context(), End{Plan: planA}); err != nil {
			t.Errorf("%s: Append: %v", name, err)
		}
		if s, err := Read(path); err != nil || s.Torn() != 0 || f.State().Torn() != 0 {
			t.Errorf("%s: read anew: %v", name, err)
		}
	}
}

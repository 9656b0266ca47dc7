package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A faulty is a server's directory in memory. One of its operations fails, and
// all after it: the connection is gone, or the program was killed.
type faulty struct {
	files map[string][]byte
	steps int // operations so far in this session

	failAt     int  // 0 for never
	after      bool // the operation was carried out, and only the reply is lost
	torn       bool // a file that was created holds half of its bytes
	afterwards func()
}

var errCut = errors.New("connection cut")

func (f *faulty) step(op func()) error {
	f.steps++
	if f.failAt > 0 && f.steps >= f.failAt {
		if f.steps == f.failAt && f.after {
			op()
			f.afterwards()
		}
		return errCut
	}
	op()
	f.afterwards()
	return nil
}

func (f *faulty) List(context.Context) (names []string, err error) {
	err = f.step(func() {
		for name := range f.files {
			names = append(names, name)
		}
	})
	return names, err
}

func (f *faulty) Read(_ context.Context, file string) (data []byte, err error) {
	there := false
	err = f.step(func() { data, there = f.files[file] })
	if err == nil && !there {
		err = fs.ErrNotExist
	}
	return data, err
}

func (f *faulty) Create(_ context.Context, file string, data []byte) error {
	exists := false
	err := f.step(func() {
		if _, exists = f.files[file]; exists {
			return
		}
		if f.torn && f.steps == f.failAt {
			data = data[:len(data)/2]
		}
		f.files[file] = bytes.Clone(data)
	})
	if err == nil && exists {
		err = fs.ErrExist
	}
	return err
}

func (f *faulty) Remove(_ context.Context, file string) error {
	there := false
	err := f.step(func() { _, there = f.files[file]; delete(f.files, file) })
	if err == nil && !there {
		err = fs.ErrNotExist
	}
	return err
}

// A desk is DIBS' side: it carries out what is released, and counts.
type desk struct {
	files   map[string][]byte
	clears  bool // away what it has carried out, before it answers
	batches [][]byte
}

func (d *desk) work() {
	if _, released := d.files[refund1.File(RunFile)]; !released || len(d.batches) > 0 && !d.clears {
		return
	}
	d.batches = append(d.batches, d.files[refund1.File(RowsFile)])
	if d.clears {
		delete(d.files, refund1.File(RunFile))
		delete(d.files, refund1.File(RowsFile))
	}
}

// A keeper is what a program remembers when it is started again.
type keeper struct{ releasing bool }

// run is what a caller of this package does each time it is started.
func (k *keeper) run(ctx context.Context, d Drop, rows []byte) (State, error) {
	if !k.releasing {
		if err := d.Put(ctx, refund1, rows); err != nil {
			return 0, err
		}
		k.releasing = true
	}
	return d.Release(ctx, refund1, rows)
}

// Hazards section 1, "bulk refund file": with one fault at every step, or with
// two, each before the step, after it or in its middle, and with a server that
// clears up at once or never, one batch arrives whole, and never a second one.
func TestOneBatchWhateverFails(t *testing.T) {
	rows := []byte(crlf(`123456789,"myOrderId1",100,208`))
	const steps = 9 // more than any run takes
	histories, released, stopped := 0, 0, 0
	for _, clears := range []bool{false, true} {
		for first := range steps * 3 {
			for second := range steps * 3 {
				histories++
				d := &desk{files: map[string][]byte{}, clears: clears}
				var k keeper
				for i, fault := range []int{first, second, -1, -1} {
					f := &faulty{files: d.files, afterwards: d.work}
					if fault >= 0 {
						f.failAt, f.after, f.torn = fault/3+1, fault%3 > 0, fault%3 == 2
					}
					state, err := k.run(t.Context(), Drop{f}, rows)
					what := fmt.Sprintf("clears %t, faults %d and %d, run %d", clears, first, second, i)
					if f.steps > steps {
						t.Fatalf("%s: %d steps", what, f.steps)
					}
					checkRun(t, what, state, err, d, i >= 2)
				}
				if len(d.batches) > 1 {
					t.Fatalf("clears %t, faults %d and %d: %d batches", clears, first, second, len(d.batches))
				}
				for _, batch := range d.batches {
					released++
					if !bytes.Equal(batch, rows) {
						t.Fatalf("clears %t, faults %d and %d: batch %q", clears, first, second, batch)
					}
				}
				if len(d.batches) == 0 {
					stopped++
				}
			}
		}
	}
	if stopped > 0 || released != histories {
		t.Errorf("%d of %d histories released a batch, %d none", released, histories, stopped)
	}
}

// checkRun holds what a run says against what has happened.
func checkRun(t *testing.T, what string, state State, err error, d *desk, faultless bool) {
	t.Helper()
	_, uncertain := errors.AsType[*UncertainError](err)
	wrong, isState := errors.AsType[*StateError](err)
	switch {
	case err == nil:
		if state != Released || len(d.batches) != 1 {
			t.Fatalf("%s: %s and no error after %d batches", what, state, len(d.batches))
		}
	case state != 0:
		t.Fatalf("%s: state %s beside %v", what, state, err)
	case isState: // only a server that clears up makes a batch look absent
		if !d.clears || wrong.State != Absent || len(d.batches) != 1 {
			t.Fatalf("%s: %v after %d batches", what, err, len(d.batches))
		}
	case faultless:
		t.Fatalf("%s: %v without a fault", what, err)
	case !uncertain && !errors.Is(err, errCut):
		t.Fatalf("%s: %v", what, err)
	}
}

func TestStateOf(t *testing.T) {
	tests := map[string]struct {
		files string
		want  State
	}{
		"an empty directory":     {"", Absent},
		"other batches":          {"refund311213_02.txt refund311213_02.run response_refund301213_01.run capture311213_01.run", Absent},
		"rows":                   {"refund311213_01.txt", Uploaded},
		"rows and run file":      {"refund311213_01.txt refund311213_01.run", Released},
		"a run file alone":       {"refund311213_01.run", Released},
		"a server that shouts":   {"REFUND311213_01.TXT REFUND311213_01.RUN", Released},
		"a response half there":  {"refund311213_01.txt refund311213_01.run response_refund311213_01.txt", Released},
		"a response alone":       {"response_refund311213_01.txt", Released},
		"answered":               {"refund311213_01.txt refund311213_01.run response_refund311213_01.txt response_refund311213_01.run", Answered},
		"answered, cleared away": {"response_refund311213_01.run", Answered},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := StateOf(refund1, strings.Fields(tt.files)); got != tt.want {
				t.Errorf("StateOf(%s) = %s, want %s", tt.files, got, tt.want)
			}
		})
	}
}

// What was released is not touched, whatever the caller asks for.
func TestStatesForbidSteps(t *testing.T) {
	rows := []byte(crlf(`123456789,"myOrderId1",100,208`))
	rowsFile, runFile := refund1.File(RowsFile), refund1.File(RunFile)
	responseFile, responseRun := refund1.File(ResponseFile), refund1.File(ResponseRunFile)
	type call func(Drop) (State, error)
	put := func(d Drop) (State, error) { return 0, d.Put(t.Context(), refund1, rows) }
	release := func(d Drop) (State, error) { return d.Release(t.Context(), refund1, rows) }
	withdraw := func(d Drop) (State, error) { return 0, d.Withdraw(t.Context(), refund1, rows) }
	response := func(d Drop) (State, error) { _, err := d.Response(t.Context(), refund1); return 0, err }
	tests := map[string]struct {
		files []string
		call  call
		want  State
		err   string
		adds  []string // or takes away, with a minus
	}{
		"put the first time":             {nil, put, 0, "", []string{rowsFile}},
		"put again":                      {[]string{rowsFile}, put, 0, "", nil},
		"put after the release":          {[]string{rowsFile, runFile}, put, 0, "bulk refund311213_01: cannot put: it is released", nil},
		"put after the answer":           {[]string{responseRun}, put, 0, "cannot put: it is answered", nil},
		"withdraw nothing":               {nil, withdraw, 0, "", nil},
		"withdraw":                       {[]string{rowsFile}, withdraw, 0, "", []string{"-" + rowsFile}},
		"withdraw after the release":     {[]string{rowsFile, runFile}, withdraw, 0, "cannot withdraw: it is released", nil},
		"withdraw after the answer":      {[]string{rowsFile, responseRun}, withdraw, 0, "cannot withdraw: it is answered", nil},
		"release nothing":                {nil, release, 0, "cannot release: it is absent", nil},
		"release":                        {[]string{rowsFile}, release, Released, "", []string{runFile}},
		"release again":                  {[]string{rowsFile, runFile}, release, Released, "", nil},
		"release what is answered":       {[]string{responseFile, responseRun}, release, Answered, "", nil},
		"read a response too early":      {[]string{rowsFile, runFile, responseFile}, response, 0, "cannot read the response: it is released", nil},
		"read a response":                {[]string{responseFile, responseRun}, response, 0, "", nil},
		"read a response that is not it": {[]string{responseRun}, response, 0, "file does not exist", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := &faulty{files: map[string][]byte{}, afterwards: func() {}}
			for _, file := range tt.files {
				f.files[file] = rows
			}
			got, err := tt.call(Drop{f})
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v, %v; want %v and %q", got, err, tt.want, tt.err)
			}
			want := append([]string{}, tt.files...)
			for _, file := range tt.adds {
				if gone, minus := strings.CutPrefix(file, "-"); minus {
					want = slices.DeleteFunc(want, func(f string) bool { return f == gone })
				} else {
					want = append(want, file)
				}
			}
			files := []string{}
			for file := range f.files {
				files = append(files, file)
			}
			slices.Sort(want)
			slices.Sort(files)
			if diff := cmp.Diff(want, files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRowsThatDifferAreNotReleased(t *testing.T) {
	rows := []byte(crlf(`123456789,"myOrderId1",100,208`))
	for name, there := range map[string]string{"torn": string(rows[:9]), "longer": string(rows) + "x", "other": strings.Replace(string(rows), "100", "900", 1), "empty": ""} {
		f := &faulty{files: map[string][]byte{refund1.File(RowsFile): []byte(there)}, afterwards: func() {}}
		if state, err := (Drop{f}).Release(t.Context(), refund1, rows); err == nil || state != 0 {
			t.Errorf("%s: released as %s", name, state)
		}
		if _, released := f.files[refund1.File(RunFile)]; released {
			t.Errorf("%s: there is a run file", name)
		}
		if err := (Drop{f}).Put(t.Context(), refund1, rows); err != nil || string(f.files[refund1.File(RowsFile)]) != string(rows) {
			t.Errorf("%s: not replaced: %v", name, err)
		}
	}
	// A server that changes what it stores is found out before the release.
	f := &faulty{files: map[string][]byte{}}
	f.afterwards = func() {
		if data := f.files[refund1.File(RowsFile)]; data != nil {
			f.files[refund1.File(RowsFile)] = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
		}
	}
	if err := (Drop{f}).Put(t.Context(), refund1, rows); err == nil || !strings.Contains(err.Error(), "not those that were sent") {
		t.Errorf("a server that changes line ends: %v", err)
	}
}

func TestNonsenseReachesNoServer(t *testing.T) {
	rows := []byte("1")
	for name, call := range map[string]func(Drop) error{
		"no name":      func(d Drop) error { return d.Put(t.Context(), Name{}, rows) },
		"no rows":      func(d Drop) error { return d.Put(t.Context(), refund1, nil) },
		"a huge file":  func(d Drop) error { return d.Put(t.Context(), refund1, make([]byte, MaxSize+1)) },
		"release none": func(d Drop) error { _, err := d.Release(t.Context(), refund1, nil); return err },
		"no response":  func(d Drop) error { _, err := d.Response(t.Context(), Name{}); return err },
	} {
		f := &faulty{files: map[string][]byte{}, afterwards: func() {}}
		if err := call(Drop{f}); err == nil || f.steps > 0 {
			t.Errorf("%s: %d steps, %v", name, f.steps, err)
		}
	}
}

// What an upload left half way is ours as well; what is somebody else's is not.
func TestWithdrawTakesOursOnly(t *testing.T) {
	rows := []byte(crlf(`123456789,"myOrderId1",100,208`))
	for there, want := range map[string]bool{"": false, string(rows[:9]): false, string(rows): false, string(rows) + "x": true, "234": true} {
		f := &faulty{files: map[string][]byte{refund1.File(RowsFile): []byte(there)}, afterwards: func() {}}
		err := Drop{f}.Withdraw(t.Context(), refund1, rows)
		if _, left := f.files[refund1.File(RowsFile)]; left != want || err != nil {
			t.Errorf("%q: left %t, want %t; %v", there, left, want, err)
		}
	}
}

// Somebody releases the rows while they are being removed.
func TestWithdrawTooLate(t *testing.T) {
	rows := []byte("1")
	f := &faulty{files: map[string][]byte{refund1.File(RowsFile): rows}}
	f.afterwards = func() { f.files[refund1.File(RunFile)] = nil }
	if _, ok := errors.AsType[*StateError](Drop{f}.Withdraw(t.Context(), refund1, rows)); !ok {
		t.Error("a batch that was released meanwhile counts as withdrawn")
	}
}

func TestUncertainReleaseIsItsOwnError(t *testing.T) {
	rows := []byte("1")
	f := &faulty{files: map[string][]byte{refund1.File(RowsFile): rows}, failAt: 3, after: true, afterwards: func() {}}
	_, err := Drop{f}.Release(t.Context(), refund1, rows)
	if _, ok := errors.AsType[*UncertainError](err); !ok || !errors.Is(err, errCut) || err.Error() != "bulk refund311213_01: not known whether it was released: connection cut" {
		t.Errorf("a release without an answer: %v", err)
	}
}

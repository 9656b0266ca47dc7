package statefile

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"flexform/internal/durable"
)

// Read returns what the ledger says, without locking it. A missing file is a
// ledger without entries. What an append leaves at the end that is cut off or
// going on is not read; see [State.Torn].
//
// The error is a [*CorruptError], [*VersionError], [*ForeignError],
// [*EmptyError], [*FolderError], [*AccessError] or an error of the disk.
func Read(path string) (*State, error) {
	f, err := openToRead(path)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return newState(), nil
	}
	defer f.Close() // only read
	s, _, err := readState(path, f)
	return s, err
}

// ReadEntries yields the entries of a ledger in order, each one verified. An
// error is the last that it yields; it is one of those of [Read].
func ReadEntries(path string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		f, err := openToRead(path)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		if f == nil {
			return
		}
		defer f.Close() // only read
		fold := newState()
		s := scan{path: path, each: func(e *Entry, hash sum) error {
			if err := fold.take(e, hash); err != nil {
				return err
			}
			if !yield(*e, nil) {
				return errStop
			}
			return nil
		}}
		if err := s.read(f); err != nil && !errors.Is(err, errStop) {
			yield(Entry{}, err)
		}
	}
}

// errStop ends a scan that nobody wants to hear more of.
var errStop = errors.New("stop")

// openToRead returns nil when there is no such file in a folder that is there.
func openToRead(path string) (durable.File, error) {
	fsys := durable.OS()
	if err := checkPlace(fsys, path); err != nil {
		return nil, err
	}
	f, err := fsys.OpenFile(path, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, accessError(path, err)
}

// readState folds a ledger.
func readState(path string, r io.Reader) (*State, *scan, error) {
	state := newState()
	s := &scan{path: path, each: state.take}
	if err := s.read(r); err != nil {
		return nil, nil, err
	}
	state.markAll()
	state.torn = s.end.torn
	return state, s, nil
}

// take folds one entry into a state that nobody else sees yet.
func (s *State) take(e *Entry, hash sum) error {
	if err := s.bottom.apply(e); err != nil {
		return err
	}
	s.sums = append(s.sums, hash)
	return nil
}

// Fold returns the state of a ledger of these payloads behind its created
// entry, without a file. Its entries have no time.
func Fold(payloads ...Payload) (*State, error) {
	state, c := newState(), new(chain)
	for _, p := range append([]Payload{Created{FormatVersion, "folded"}}, payloads...) {
		_, _, err := c.write(nil, state.bottom, p, time.Time{})
		if err != nil {
			return nil, err
		}
		state.sums = append(state.sums, c.head)
	}
	state.markAll()
	return state, nil
}

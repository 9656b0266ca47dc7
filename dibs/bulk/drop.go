package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"flexform/dibs"
)

// A Remote is the one directory on DIBS' server that bulk files go through.
// File names are plain: no folder, no way out of the directory. No method
// tries anything twice, each ends within a stated time, and after an error
// that is not the one named below the Remote may be of no further use.
type Remote interface {
	// List returns the names of all files, or an error: never a part of them.
	List(context.Context) ([]string, error)

	// Read returns a file's whole content, or an error: never a part of it.
	Read(ctx context.Context, file string) ([]byte, error)

	// Create makes a new file. The error wraps [fs.ErrExist], and nothing has
	// changed, when the name is taken. After any other error the file may or
	// may not be there, whole or in part.
	Create(ctx context.Context, file string, data []byte) error

	// Remove deletes a file.
	Remove(ctx context.Context, file string) error
}

// A State is how far a batch has come, as the server's directory shows it.
type State uint8

const (
	_        State = iota // invalid, so a forgotten field is caught
	Absent                // nothing of it is there
	Uploaded              // the rows are there, whole or in part; nothing happens with them
	Released              // the run file is there: never again
	Answered              // the response is complete
)

// String returns the state as one word.
func (s State) String() string {
	switch s {
	case Absent:
		return "absent"
	case Uploaded:
		return "uploaded"
	case Released:
		return "released"
	case Answered:
		return "answered"
	default:
		return "invalid state"
	}
}

// StateOf reads the state of a batch from a listing of the directory, whatever
// case the server spells names in. Absent and Uploaded say what is there now,
// not what was there: a server may clear away what it has carried out.
func StateOf(n Name, files []string) State {
	there := map[Part]bool{}
	for _, file := range files {
		if found, part, err := ParseFile(strings.ToLower(file)); err == nil && found == n {
			there[part] = true
		}
	}
	switch {
	case there[ResponseRunFile]:
		return Answered
	case there[RunFile], there[ResponseFile]:
		return Released
	case there[RowsFile]:
		return Uploaded
	default:
		return Absent
	}
}

// A StateError reports a step that the state of the batch does not allow.
// Nothing was changed.
type StateError struct {
	Name  Name
	State State
	Step  string // "put", "withdraw", "release", "read the response"
}

func (e *StateError) Error() string {
	return fmt.Sprintf("bulk %s: cannot %s: it is %s", e.Name, e.Step, e.State)
}

// An UncertainError reports a release that may have happened. Money may move;
// call [Drop.Release] again, which looks first, and nothing else.
type UncertainError struct {
	Name Name
	Err  error
}

func (e *UncertainError) Error() string {
	return fmt.Sprintf("bulk %s: not known whether it was released: %v", e.Name, e.Err)
}

func (e *UncertainError) Unwrap() error { return e.Err }

// A Drop brings batches to DIBS and their responses back.
type Drop struct{ Remote Remote }

// State looks how far a batch has come.
func (d Drop) State(ctx context.Context, n Name) (State, error) {
	if !n.Valid() {
		return 0, errors.New("bulk batch without a valid name")
	}
	files, err := d.Remote.List(ctx)
	if err != nil {
		return 0, fmt.Errorf("bulk %s: list: %w", n, err)
	}
	return StateOf(n, files), nil
}

// Put uploads the rows and compares them with what has arrived, byte for byte.
// It moves no money. Rows that an earlier Put left there, whole or torn, are
// replaced, unless the batch was released: then nothing is touched, and the
// error is a [*StateError].
//
// Never call Put for a batch that has a record of being about to be released:
// a server that clears up makes it look absent.
func (d Drop) Put(ctx context.Context, n Name, data []byte) error {
	state, err := d.look(ctx, n, data)
	switch {
	case err != nil:
		return err
	case state > Uploaded:
		return &StateError{n, state, "put"}
	case state == Uploaded:
		there, err := d.Remote.Read(ctx, n.File(RowsFile))
		if err != nil {
			return fmt.Errorf("bulk %s: read rows of an earlier try: %w", n, err)
		}
		if bytes.Equal(there, data) {
			return nil
		}
		if err := d.Remote.Remove(ctx, n.File(RowsFile)); err != nil {
			return fmt.Errorf("bulk %s: remove rows of an earlier try: %w", n, err)
		}
	}
	if err := d.Remote.Create(ctx, n.File(RowsFile), data); err != nil {
		return fmt.Errorf("bulk %s: upload rows: %w", n, err)
	}
	return d.compare(ctx, n, data)
}

// Withdraw takes the rows of a batch that was never released off the server:
// when it returns nil, nothing of the batch is there, and nobody can release
// it by mistake. Rows under that name that are neither data nor the first part
// of it, as a torn upload leaves, are not ours and are left alone. A
// [*StateError] says that somebody has released the batch; the rows may then
// be carried out.
//
// Never call Withdraw for a batch that has a record of being about to be
// released: that nothing is there would prove nothing.
func (d Drop) Withdraw(ctx context.Context, n Name, data []byte) error {
	state, err := d.look(ctx, n, data)
	if err != nil || state == Absent {
		return err
	}
	if state == Uploaded {
		there, err := d.Remote.Read(ctx, n.File(RowsFile))
		switch {
		case err != nil:
			return fmt.Errorf("bulk %s: read rows: %w", n, err)
		case !bytes.HasPrefix(data, there):
			return nil
		}
		if err := d.Remote.Remove(ctx, n.File(RowsFile)); err != nil {
			return fmt.Errorf("bulk %s: remove rows: %w", n, err)
		}
		if state, err = d.State(ctx, n); err != nil || state == Absent {
			return err
		}
	}
	return &StateError{n, state, "withdraw"}
}

// look is State for a batch that has rows.
func (d Drop) look(ctx context.Context, n Name, data []byte) (State, error) {
	if len(data) == 0 || len(data) > MaxSize {
		return 0, fmt.Errorf("bulk %s: %d bytes of rows", n, len(data))
	}
	return d.State(ctx, n)
}

// compare makes sure that the rows on the server are data.
func (d Drop) compare(ctx context.Context, n Name, data []byte) error {
	there, err := d.Remote.Read(ctx, n.File(RowsFile))
	switch {
	case err != nil:
		return fmt.Errorf("bulk %s: read rows back: %w", n, err)
	case !bytes.Equal(there, data):
		return fmt.Errorf("bulk %s: the rows on the server (%d bytes) are not those that were sent (%d bytes)", n, len(there), len(data))
	}
	return nil
}

// Release creates the run file of a batch that was put, after comparing the
// rows once more: from then on DIBS carries them out. Before the first call the
// caller records durably that it is about to release.
//
// It returns the state that it found or made, Released or Answered: calling it
// again never releases a batch that shows as released. A [*StateError] says
// that the rows are not there; if a release was tried before, the server may
// have cleared them away, and only a person can tell. After an
// [*UncertainError] the batch may be released. All other errors mean that this
// call released nothing; one of them is that of [dibs.MaySend], which is asked
// right before the run file is created.
func (d Drop) Release(ctx context.Context, n Name, data []byte) (State, error) {
	state, err := d.look(ctx, n, data)
	switch {
	case err != nil:
		return 0, err
	case state > Uploaded:
		return state, nil
	case state != Uploaded:
		return 0, &StateError{n, state, "release"}
	}
	if err := d.compare(ctx, n, data); err != nil {
		return 0, err
	}
	if err := dibs.MaySend(ctx); err != nil {
		return 0, fmt.Errorf("bulk file %s is not released: %w", n, err)
	}
	err = d.Remote.Create(ctx, n.File(RunFile), nil)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return 0, &UncertainError{n, err}
	}
	return Released, nil
}

// Response reads the response of a batch. The error is a [*StateError] while
// there is none, or not all of it.
func (d Drop) Response(ctx context.Context, n Name) ([]byte, error) {
	state, err := d.State(ctx, n)
	if err != nil {
		return nil, err
	}
	if state != Answered {
		return nil, &StateError{n, state, "read the response"}
	}
	data, err := d.Remote.Read(ctx, n.File(ResponseFile))
	if err != nil {
		return nil, fmt.Errorf("bulk %s: read response: %w", n, err)
	}
	return data, nil
}

package statefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	maxLine    = 1 << 20 // bytes of a line; what we write stays far below
	firstBlock = 16 << 10
)

// An ending says how far the good entries of a ledger reach.
type ending struct {
	size int64 // bytes of the good lines
	torn int64 // bytes behind them that are part of an entry and not all of it
	// unfinished means that the last good line lacks its newline and nothing else.
	unfinished bool
}

// A scan reads a ledger from its start to its end.
type scan struct {
	path  string
	each  func(*Entry, sum) error // an error means that the entry is bad
	chain chain
	end   ending
}

// read verifies every line of r.
func (s *scan) read(r io.Reader) error {
	l := &lines{r: r}
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return s.corrupt(s.tail(l.rest, l.zeros))
		}
		if _, ok := errors.AsType[lineError](err); ok {
			if s.chain.seq == 0 && !begins(l.rest, lineStart(1)) {
				return &ForeignError{s.path, "it is not text in lines"}
			}
			return s.corrupt(err)
		}
		if err != nil {
			return fmt.Errorf("read ledger %s: %w", s.path, err)
		}
		if err := s.accept(line); err != nil {
			return s.corrupt(err)
		}
		s.end.size += int64(len(line)) + 1
	}
}

func (s *scan) accept(line []byte) error {
	if s.chain.seq == 0 {
		if err := s.chain.first(s.path, line); err != nil {
			return err
		}
	}
	e, hash, err := s.chain.next(line)
	if err != nil {
		return err
	}
	if err := s.each(e, hash); err != nil {
		return err
	}
	s.chain.step(e, hash)
	return nil
}

// corrupt makes the error for the ledger out of the reason why the next entry
// is bad. Some reasons are errors for the ledger already.
func (s *scan) corrupt(why error) error {
	switch why.(type) {
	case nil, *ForeignError, *VersionError, *EmptyError:
		return why
	}
	if errors.Is(why, errStop) {
		return why
	}
	return &CorruptError{s.path, s.chain.seq + 1, why.Error()}
}

// tail judges what stands behind the last newline. An append that was cut off
// leaves the first part of a line, perhaps with zeros behind it where the file
// had grown and the data had not arrived. Whatever else stands there was put
// there or changed. An entry of which only the newline is missing is whole,
// and it is kept: to forget an intent would be worse than to settle it.
func (s *scan) tail(rest []byte, zeros int64) error {
	next := lineStart(s.chain.seq + 1)
	switch {
	case len(rest) == 0 && zeros == 0 && s.end.size > 0:
		return nil
	case len(rest) == 0 && zeros == 0:
		return &EmptyError{s.path}
	case s.chain.seq == 0 && !begins(rest, next):
		return &ForeignError{s.path, "it does not begin with a ledger's first entry"}
	case !cutShort(rest):
		if err := s.accept(rest); err != nil {
			return err
		}
		s.end.size += int64(len(rest))
		s.end.torn, s.end.unfinished = zeros, true
		return nil
	case s.chain.seq == 0:
		return errorf("it is cut off, and a ledger is never without its first entry")
	case !begins(rest, next):
		return errorf("it is cut off, and does not begin like the entry that follows")
	}
	s.end.torn = int64(len(rest)) + zeros
	return nil
}

// lineStart is how the line of an entry begins.
func lineStart(seq uint64) []byte { return fmt.Appendf(nil, `{"seq":%d,"time":"`, seq) }

// cutShort reports whether b is the first part of a JSON object.
func cutShort(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	var whole json.RawMessage
	err := json.NewDecoder(bytes.NewReader(b)).Decode(&whole)
	return errors.Is(err, io.ErrUnexpectedEOF)
}

// begins reports whether b begins with head as far as b goes.
func begins(b, head []byte) bool {
	n := min(len(b), len(head))
	return bytes.Equal(b[:n], head[:n])
}

// A lineError is why bytes cannot be a line of a ledger.
type lineError string

func (e lineError) Error() string { return string(e) }

// lines cuts a ledger into lines without holding more than one.
type lines struct {
	r     io.Reader
	buf   []byte
	start int // of the line that is next
	end   int
	// At the end: what stands behind the last newline, and how many zero bytes
	// behind that.
	rest  []byte
	zeros int64
}

// next returns the next line without its newline; it is valid until the next
// call. The error is io.EOF behind the last one, a lineError where no line is.
func (l *lines) next() ([]byte, error) {
	seen := 0 // bytes of the line that hold no newline
	for {
		fresh := l.buf[l.start+seen : l.end]
		if i := bytes.IndexByte(fresh, '\n'); i >= 0 {
			line := l.buf[l.start : l.start+seen+i]
			l.start += seen + i + 1
			return line, nil
		}
		seen = l.end - l.start
		// The lines of a ledger have no zero bytes: they stand where data is missing.
		if i := bytes.IndexByte(l.buf[l.start:l.end], 0); i >= 0 {
			l.rest = l.buf[l.start : l.start+i]
			return nil, l.readZeros(l.buf[l.start+i : l.end])
		}
		if seen > maxLine {
			l.rest = l.buf[l.start:l.end]
			return nil, lineError(fmt.Sprintf("it is longer than %d bytes", maxLine))
		}
		switch n, err := l.fill(); {
		case n > 0:
		case errors.Is(err, io.EOF):
			l.rest = l.buf[l.start:l.end]
			return nil, io.EOF
		default:
			return nil, err
		}
	}
}

// fill reads more, and makes room for it first.
func (l *lines) fill() (int, error) {
	if l.start > 0 {
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	}
	if l.end == len(l.buf) {
		l.buf = append(l.buf, make([]byte, max(firstBlock, len(l.buf)))...)
	}
	for range 100 { // a reader may return nothing now and then
		n, err := l.r.Read(l.buf[l.end:])
		l.end += n
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// readZeros counts zero bytes up to the end of the file.
func (l *lines) readZeros(b []byte) error {
	block := make([]byte, 4<<10)
	for {
		for _, c := range b {
			if c != 0 {
				return lineError("it has zero bytes inside, and more behind them")
			}
		}
		l.zeros += int64(len(b))
		n, err := l.r.Read(block)
		if n == 0 && err != nil {
			return err
		}
		b = block[:n]
	}
}

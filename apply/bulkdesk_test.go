package apply

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"flexform/dibs"
	"flexform/dibs/bulk"
	"flexform/statefile"
)

// A desk is DIBS' side of bulk files: a directory, and what carries out the
// files that are released in it. It counts how often it carried out a row.
type desk struct {
	bank   *bank
	mu     sync.Mutex
	files  map[string][]byte
	worked map[string]bool // stems carried out
	rows   map[dibs.TransactID]int
	dials  int

	atOnce  bool // carries out as soon as a file is released
	clears  clearing
	taken   map[string]bulk.File // taken up, and carried out with the next work
	owed    map[string][]byte    // responses that come with the next work
	leaves  func(bulk.Row) bool  // rows that the response leaves out
	skips   func(bulk.Row) bool  // rows that are left out altogether
	garbage bool                 // the response cannot be trusted
}

// A clearing says what a desk takes away when it carries out a file. One that
// takes anything away answers with its next work.
type clearing int

const (
	clearsNothing clearing = iota
	clearsAll
	clearsRun // when it takes the file up, carries it out with its next work, and leaves the rows there
)

func newDesk(b *bank) *desk {
	return &desk{bank: b, files: map[string][]byte{}, worked: map[string]bool{}, taken: map[string]bulk.File{}, owed: map[string][]byte{}, rows: map[dibs.TransactID]int{}}
}

// work carries out what is released.
func (d *desk) work() {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.Copy(d.files, d.owed)
	clear(d.owed)
	for stem, f := range d.taken {
		d.carryOut(stem, f)
	}
	clear(d.taken)
	for _, file := range d.names() {
		stem, run := strings.CutSuffix(file, ".run")
		if !run || strings.HasPrefix(stem, "response_") || d.worked[stem] && d.clears == clearsNothing {
			continue
		}
		f, err := bulk.Decode(bulk.Refund, d.files[stem+".txt"])
		if err != nil {
			panic(fmt.Sprintf("released %s.txt: %v", stem, err))
		}
		d.worked[stem] = true
		switch d.clears {
		case clearsRun:
			d.taken[stem] = f
			delete(d.files, stem+".run")
			continue
		case clearsAll:
			delete(d.files, stem+".run")
			delete(d.files, stem+".txt")
		}
		d.carryOut(stem, f)
	}
}

func (d *desk) carryOut(stem string, f bulk.File) {
	var lines []string
	for _, r := range f.Rows {
		if d.skips != nil && d.skips(r) {
			continue
		}
		d.rows[r.Transact]++
		d.bank.mu.Lock()
		result := dibs.ResultOrderMismatch
		if a := d.bank.accounts[r.Transact]; a != nil && a.orderID == r.OrderID {
			result = a.commit(statefile.Refund, r.Amount.Minor(), d.bank.pending)
		}
		d.bank.mu.Unlock()
		if d.leaves == nil || !d.leaves(r) {
			lines = append(lines, fmt.Sprintf("%s,%d,\"%s\",,\r\n", r.Transact, result, r.OrderID))
		}
	}
	text := fmt.Sprintf("CsvHeader: true\r\nNumberOfCsvRecords: %d\r\n\r\n\"transact\",\"resultcode\",\"orderid\",\"actioncode\",\"reason\"\r\n%s", len(lines), strings.Join(lines, ""))
	if d.garbage {
		text = "<html>out of order</html>"
	}
	to := d.files
	if d.clears != clearsNothing {
		to = d.owed
	}
	to["response_"+stem+".txt"], to["response_"+stem+".run"] = []byte(text), []byte{}
}

func (d *desk) names() []string {
	var names []string
	for name := range d.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// released returns the names of all files that were ever released here.
func (d *desk) released() (stems []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for stem := range d.worked {
		stems = append(stems, stem)
	}
	for _, file := range d.names() {
		if stem, run := strings.CutSuffix(file, ".run"); run && !strings.HasPrefix(stem, "response_") && !d.worked[stem] {
			stems = append(stems, stem)
		}
	}
	slices.Sort(stems)
	return stems
}

// stranded reports whether the rows of a file lie there, and nothing says that
// they were released.
func (d *desk) stranded(stem string) bool {
	_, rows := d.files[stem+".txt"]
	_, run := d.files[stem+".run"]
	_, answered := d.files["response_"+stem+".run"]
	return rows && !run && !answered
}

// A trappedSession is a session with the desk of a process that may die.
type trappedSession struct {
	desk *desk
	trap *trap
}

// drop opens sessions, each of which is a contact.
func (d *desk) drop(tr *trap) func(context.Context) (Session, error) {
	return func(ctx context.Context) (Session, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := tr.around(func() { d.dials++ }); err != nil {
			return nil, err
		}
		return trappedSession{d, tr}, nil
	}
}

func (s trappedSession) Close() error { return nil }

func (s trappedSession) step(ctx context.Context, effect func() error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if trapped := s.trap.around(func() {
		s.desk.mu.Lock()
		err = effect()
		s.desk.mu.Unlock()
		if s.desk.atOnce {
			s.desk.work()
		}
	}); trapped != nil {
		return trapped
	}
	return err
}

func (s trappedSession) List(ctx context.Context) (names []string, err error) {
	err = s.step(ctx, func() error { names = s.desk.names(); return nil })
	return names, err
}

func (s trappedSession) Read(ctx context.Context, file string) (data []byte, err error) {
	err = s.step(ctx, func() error {
		there, ok := s.desk.files[file]
		if !ok {
			return fs.ErrNotExist
		}
		data = bytes.Clone(there)
		return nil
	})
	return data, err
}

func (s trappedSession) Create(ctx context.Context, file string, data []byte) error {
	return s.step(ctx, func() error {
		if _, taken := s.desk.files[file]; taken {
			return fs.ErrExist
		}
		if s.trap.n == s.trap.at && s.trap.how.Short {
			data = data[:len(data)/2]
		}
		s.desk.files[file] = bytes.Clone(data)
		return nil
	})
}

func (s trappedSession) Remove(ctx context.Context, file string) error {
	return s.step(ctx, func() error {
		if _, there := s.desk.files[file]; !there {
			return fs.ErrNotExist
		}
		delete(s.desk.files, file)
		return nil
	})
}

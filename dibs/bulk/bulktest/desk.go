// Package bulktest plays DIBS' side of bulk files for tests: a directory in
// memory, and what carries out the files that are released in it. It counts how
// often it carried out each row, so it is the judge of what happened.
package bulktest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"flexform/dibs"
	"flexform/dibs/bulk"
)

// A Desk is the directory of one merchant. Its settings are for its maker to
// change while no session is open.
type Desk struct {
	// Pay carries out one row of the file with that stem, and says how it went.
	// It is called with the Desk locked.
	Pay func(stem string, row bulk.Row) dibs.Result

	Clears  Clearing            // what it takes away
	Leaves  func(bulk.Row) bool // rows that the response leaves out
	Skips   func(bulk.Row) bool // rows that are left out altogether
	Garbage bool                // the response cannot be trusted

	mu     sync.Mutex
	files  map[string][]byte
	worked map[string]bool      // stems carried out
	taken  map[string]bulk.File // taken up, and carried out with the next work
	owed   map[string][]byte    // responses that come with the next work
	rows   map[dibs.TransactID]int
}

// A Clearing says what a desk takes away when it carries out a file. One that
// takes anything away answers with its next work.
type Clearing int

// The clearings; ClearsRun takes a file up, carries it out with its next work,
// and leaves the rows there.
const (
	ClearsNothing Clearing = iota
	ClearsAll
	ClearsRun
)

// New returns a desk that nobody has used.
func New(pay func(stem string, row bulk.Row) dibs.Result) *Desk {
	return &Desk{
		Pay: pay, files: map[string][]byte{}, worked: map[string]bool{}, taken: map[string]bulk.File{},
		owed: map[string][]byte{}, rows: map[dibs.TransactID]int{},
	}
}

// Work carries out what is released.
func (d *Desk) Work() {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.Copy(d.files, d.owed)
	clear(d.owed)
	for _, stem := range slices.Sorted(maps.Keys(d.taken)) {
		d.carryOut(stem, d.taken[stem])
	}
	clear(d.taken)
	for _, file := range d.names() {
		stem, run := strings.CutSuffix(file, ".run")
		if !run || strings.HasPrefix(stem, "response_") || !d.there(stem+".txt") || d.worked[stem] && d.Clears == ClearsNothing {
			continue
		}
		f, err := bulk.Decode(bulk.Refund, d.files[stem+".txt"])
		if err != nil {
			panic(fmt.Sprintf("released %s.txt: %v", stem, err))
		}
		d.worked[stem] = true
		switch d.Clears {
		case ClearsRun:
			d.taken[stem] = f
			delete(d.files, stem+".run")
			continue
		case ClearsAll:
			delete(d.files, stem+".run")
			delete(d.files, stem+".txt")
		}
		d.carryOut(stem, f)
	}
}

func (d *Desk) carryOut(stem string, f bulk.File) {
	var lines []string
	for _, r := range f.Rows {
		if d.Skips != nil && d.Skips(r) {
			continue
		}
		d.rows[r.Transact]++
		result := d.Pay(stem, r)
		if d.Leaves == nil || !d.Leaves(r) {
			lines = append(lines, fmt.Sprintf("%s,%d,\"%s\",,\r\n", r.Transact, result, r.OrderID))
		}
	}
	text := fmt.Sprintf("CsvHeader: true\r\nNumberOfCsvRecords: %d\r\n\r\n\"transact\",\"resultcode\",\"orderid\",\"actioncode\",\"reason\"\r\n%s", len(lines), strings.Join(lines, ""))
	if d.Garbage {
		text = "<html>out of order</html>"
	}
	to := d.files
	if d.Clears != ClearsNothing {
		to = d.owed
	}
	to["response_"+stem+".txt"], to["response_"+stem+".run"] = []byte(text), []byte{}
}

// Rows returns how often the row of a transaction was carried out, in all files
// together.
func (d *Desk) Rows() map[dibs.TransactID]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.rows)
}

// Released returns the stems of all files that were ever released here.
func (d *Desk) Released() (stems []string) {
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

// Stranded reports whether the rows of a file lie there, and nothing shows that
// they were released.
func (d *Desk) Stranded(stem string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.there(stem+".txt") && !d.there(stem+".run") && !d.there("response_"+stem+".run")
}

// Waiting reports whether the desk will still do something about a file.
func (d *Desk) Waiting(stem string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, taken := d.taken[stem]
	_, owed := d.owed["response_"+stem+".run"]
	return taken || owed || d.there(stem+".run") && d.there(stem+".txt") && !d.worked[stem]
}

// Lose takes away all that there is of a file, and forgets that it was to be
// carried out.
func (d *Desk) Lose(stem string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.taken, stem)
	for _, prefix := range []string{"", "response_"} {
		for _, ending := range []string{".txt", ".run"} {
			delete(d.files, prefix+stem+ending)
			delete(d.owed, prefix+stem+ending)
		}
	}
}

// Package disktest is a disk for tests: in memory, shared by several simulated
// processes, with calls that fail on demand and power that can go away.
//
// What was synced survives a power cut. Of what was not, each write and each
// change of a name survives by coin, a write also in part or as zeros.
//
// Processes read and write memory, as they do above a page cache. After a
// failed sync the data counts as written back although it was not, as Linux
// has it: memory shows it until [Disk.Evict], to every process, and a later
// sync does not save it. Only a write of the same bytes does. Sizes and names
// are the journal's, and are not lost in this way.
package disktest

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"

	"flexform/internal/durable"
)

// ErrDead is what every call of a process returns after its death.
var ErrDead = errors.New("this process is dead")

// A Disk holds files. It has one flat set of names; folders exist by
// themselves.
type Disk struct {
	mu      sync.Mutex
	names   map[string]*node // as processes see them
	durable map[string]*node // as a power cut would leave them at least
	changes []change         // of names, not synced
	procs   []*Process
	faults  func(Call) Fault
	calls   int
}

// New returns an empty disk.
func New() *Disk {
	return &Disk{names: map[string]*node{}, durable: map[string]*node{}}
}

// A change binds a name to a node, or to nothing.
type change struct {
	name string
	node *node // nil: removed
}

// A Call is one use of the disk.
type Call struct {
	N    int    // from 1, over all processes
	Op   string // "open", "write", "sync", ...
	Name string
}

// A Fault says how a call fails. The zero Fault is none.
type Fault struct {
	Err   error // returned; the call has no effect unless Done
	Done  bool  // the call has its effect all the same
	Short bool  // a write writes half
	Kill  bool  // the process dies in the call, with no effect unless Done
}

// Inject makes f decide on the fault of every call from now on, numbered from
// 1 again; nil ends it.
func (d *Disk) Inject(f func(Call) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults, d.calls = f, 0
}

// Calls returns how many calls there were since the last Inject.
func (d *Disk) Calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// Start returns a new process on the disk.
func (d *Disk) Start() *Process {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := &Process{disk: d}
	d.procs = append(d.procs, p)
	return p
}

// Put stores a file, durably.
func (d *Disk) Put(name string, b []byte, perm fs.FileMode) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := &node{data: append([]byte(nil), b...), durable: append([]byte(nil), b...), mode: perm}
	d.names[name], d.durable[name] = n, n
}

// Bytes returns the content of a file as processes see it, nil when there is
// none.
func (d *Disk) Bytes(name string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.names[name]
	if n == nil {
		return nil
	}
	return append([]byte{}, n.data...)
}

// PowerCut kills every process and leaves what a disk may hold after it.
func (d *Disk) PowerCut(r *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.procs {
		p.die()
	}
	d.procs = nil
	// A journal replays names in order: some first part of it survives.
	for _, c := range d.changes[:r.IntN(len(d.changes)+1)] {
		d.durable[c.name] = c.node
		if c.node == nil {
			delete(d.durable, c.name)
		}
	}
	d.changes = nil
	seen := map[*node]bool{}
	d.names = map[string]*node{}
	for _, name := range slices.Sorted(maps.Keys(d.durable)) {
		n := d.durable[name]
		d.names[name] = n
		if !seen[n] {
			seen[n] = true
			n.settle(r)
		}
	}
}

// Evict drops from memory what counts as written back: from now on processes
// read what the disk has in its place.
func (d *Disk) Evict(r *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := map[*node]bool{}
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		if n := d.names[name]; !seen[n] {
			seen[n] = true
			n.evict(r)
		}
	}
}

func (d *Disk) bind(name string, n *node) {
	d.names[name] = n
	if n == nil {
		delete(d.names, name)
	}
	d.changes = append(d.changes, change{name, n})
}

// syncDir makes the changes in one folder durable.
func (d *Disk) syncDir(dir string) {
	var rest []change
	for _, c := range d.changes {
		if filepath.Dir(c.name) != dir {
			rest = append(rest, c)
			continue
		}
		d.durable[c.name] = c.node
		if c.node == nil {
			delete(d.durable, c.name)
		}
	}
	d.changes = rest
}

var _ durable.FS = (*Process)(nil)

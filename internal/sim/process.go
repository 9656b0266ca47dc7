package sim

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"flexform/dibs"
	"flexform/internal/durable/disktest"
	"flexform/schema"
)

// A process is one run of the program, from its start to its end or death.
type process struct {
	h      *history
	runner int
	n      int // from 1, over the whole history
	ctx    context.Context
	cancel context.CancelCauseFunc
	kernel *disktest.Process
	dead   atomic.Bool
	hurt   bool // something went wrong in it: errors are no surprise
	full   bool // the disk has no room while it runs
	locked []*file
	config *schema.Config         // as it was when the process began
	window time.Duration          // the settle window, likewise
	seen   map[string]dibs.Status // by transact: read since its run of a plan began, or before that
	sums   map[string]int64       // captured, of bases of split captures, likewise
	orders map[string]bool        // looked for, likewise
}

func (h *history) start(runner int) *process {
	h.processes++
	p := &process{h: h, runner: runner, n: h.processes, kernel: h.disk.Start()}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	p.full, p.window = h.unlucky(h.luck.full), h.window
	p.look()
	h.living = append(h.living, p)
	return p
}

// look begins to note down what the process reads.
func (p *process) look() {
	p.seen, p.sums, p.orders = map[string]dibs.Status{}, map[string]int64{}, map[string]bool{}
}

// end forgets the process. Its locks are gone, as the kernel has it.
func (p *process) end() {
	p.die()
	p.cancel(nil)
	for i, q := range p.h.living {
		if q == p {
			p.h.living = append(p.h.living[:i], p.h.living[i+1:]...)
			return
		}
	}
}

func (p *process) die() {
	p.dead.Store(true)
	p.kernel.Kill()
}

var errInterrupted = errors.New("interrupted")

// contact is one use of the world outside. It returns when it is the process'
// turn, with what goes wrong, or [disktest.ErrDead] when the process is dead.
func (p *process) contact(op, name string) (disktest.Fault, error) {
	if p.dead.Load() {
		return disktest.Fault{}, disktest.ErrDead
	}
	if p.h.schedule != nil {
		p.h.schedule.enter(p.runner, op+" "+name, 0)
	}
	if p.dead.Load() {
		return disktest.Fault{}, disktest.ErrDead
	}
	p.h.pass(p)
	if p.dead.Load() { // the power went
		return disktest.Fault{}, disktest.ErrDead
	}
	f := p.h.luck.contact(p, op)
	p.h.tracef("%d/%d %s %s %s", p.runner, p.n, op, name, faultName(f))
	return f, nil
}

// around makes a contact that is no call of the disk.
func (p *process) around(op, name string, effect func()) error {
	f, err := p.contact(op, name)
	if err != nil {
		return err
	}
	if !f.Kill || f.Done {
		effect()
	}
	if f.Kill {
		p.die()
		return disktest.ErrDead
	}
	return nil
}

// wait is the Runner's Wait.
func (p *process) wait(ctx context.Context, d time.Duration) error {
	if p.dead.Load() {
		return disktest.ErrDead
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	p.h.sleep(p.runner, d)
	if p.h.calm {
		p.h.workDesks()
	}
	if err := p.around("wake", "", func() {}); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func faultName(f disktest.Fault) string {
	switch {
	case f.Kill && f.Done:
		return "dies after"
	case f.Kill:
		return "dies before"
	case f.Err != nil && f.Done:
		return fmt.Sprintf("%v after", f.Err)
	case f.Err != nil:
		return f.Err.Error()
	}
	return ""
}

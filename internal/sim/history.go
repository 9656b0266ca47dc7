package sim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"flexform/dibs"
	"flexform/dibs/bulk/bulktest"
	"flexform/internal/durable/disktest"
	"flexform/plan"
)

// Options choose a history. The same Options are the same history.
type Options struct {
	Seed    uint64
	Runners int  // 0: as the seed has it
	Bug     Bug  // to be caught
	Trace   bool // keep every contact as a line
}

// A Report is what a history came to.
type Report struct {
	Failures []string // what must never be, the first first
	Trace    []string
	Print    uint64 // a hash of all that happened: equal for equal histories
	Runners  int
	Contacts int
	Saw      [sawKinds]int
	Ledger   []byte
	Story    []Op // of the transactions whose story can be told; see [Op]
}

// Play plays one history.
func Play(t *testing.T, o Options) *Report {
	h := newHistory(o)
	if h.runners == 1 && h.width == 1 && len(h.shop.config.Merchants) == 1 {
		h.play()
		return h.finish()
	}
	synctest.Test(t, func(*testing.T) {
		h.schedule = &schedule{h: h, switches: 1 + h.random.IntN(60)}
		h.play()
	})
	return h.finish()
}

// mostContacts is far above what any history needs.
const mostContacts = 50_000

// The settle windows that a merchant may have.
const shortestWindow, longestWindow = 2 * time.Minute, 10 * time.Minute

// A history is a bank, a disk, a clock, and the processes that use them.
type history struct {
	random *rand.Rand
	luck   luck
	calm   bool // nothing goes wrong any more
	stuck  bool // it has been calm for days
	clock  clock
	disk   *disktest.Disk
	fault  disktest.Fault // of the call of the disk that is being made
	bank   bank
	audit  audit
	story  story

	runners, width int
	window, sendBy time.Duration
	lowersPayInfo  bool // payinfo shows the captured amount
	login          bool
	shop           shop
	saved          *plan.Plan // made by one process to be applied by a later one

	schedule  *schedule
	paused    []time.Duration // by runner
	living    []*process
	processes int
	bug       Bug
	files     bool // refunds go as bulk files, some of them
	desks     []*bulktest.Desk
	deskOf    map[string]*bulktest.Desk // by merchant
	broken    bool                      // the locks were taken from a living process
	skewed    bool                      // the wall clock was set

	report Report
	trace  bool
}

func newHistory(o Options) *history {
	h := &history{random: rand.New(rand.NewPCG(o.Seed, 2)), disk: disktest.New(), runners: o.Runners, width: 1, trace: o.Trace, bug: o.Bug, deskOf: map[string]*bulktest.Desk{}}
	if h.runners == 0 {
		h.runners = 1
		if h.random.IntN(8) == 0 {
			h.runners = 2 + h.random.IntN(3)*h.random.IntN(4) // up to 8
		}
	}
	if h.random.IntN(4) == 0 {
		h.width = 2 + h.random.IntN(3)
	}
	h.window, h.sendBy = shortestWindow, 30*time.Second
	if h.random.IntN(4) == 0 {
		h.window, h.sendBy = longestWindow, 5*time.Second
	}
	h.lowersPayInfo, h.login = h.random.IntN(2) == 0, h.random.IntN(2) == 0
	h.paused = make([]time.Duration, h.runners+1)
	h.luck = h.drawLuck()
	h.bank = bank{h: h, batch: h.random.IntN(3) == 0, unborn: map[string]*account{}}
	h.audit = audit{h: h, files: map[string][]byte{}, claims: map[string]*claim{}, bulk: map[string]*bulkFile{}, plans: map[string]bool{}}
	h.story.h = h
	h.shop.open(h)
	if h.files = h.random.IntN(3) == 0; h.files {
		h.openDesks()
	}
	h.disk.Inject(func(disktest.Call) disktest.Fault { return h.fault })
	h.report.Runners = h.runners
	h.story.bounds(Opened)
	return h
}

// play runs the processes of every runner, then a calm time in which what is
// open comes to its end.
func (h *history) play() {
	if h.schedule == nil {
		h.runner(0, 2+h.random.IntN(4))
		h.quiet()
		return
	}
	var runners []func()
	for i := range h.runners {
		n := 1 + h.random.IntN(4)
		runners = append(runners, func() { h.runner(i, n) })
	}
	h.schedule.run(runners...)
	h.schedule.run(h.quiet)
}

// runner is one machine that runs the program a few times.
func (h *history) runner(i, times int) {
	h.enter(i, "begin", 0)
	for range times {
		h.sleep(i, time.Duration(h.random.IntN(600))*time.Second)
		h.between()
		p := h.start(i)
		h.program(p)
		h.enter(i, "end", 0) // others may have died at the same moment
		p.end()
		if h.runners == 1 && h.luck.power > 0 && h.random.IntN(3) == 0 {
			h.powerCut()
		}
	}
}

// between is what happens while nobody looks.
func (h *history) between() {
	if h.random.IntN(3) == 0 {
		h.shop.edit(h)
	}
	if h.random.IntN(10) == 0 { // a setting changes; what was sent before has the old one
		h.window = shortestWindow + longestWindow - h.window
		h.saw(sawWindow)
	}
	if h.runners == 1 && h.random.IntN(20) == 0 {
		h.setClock()
	}
}

// setClock is somebody who sets the wall clock, by up to ten years.
func (h *history) setClock() {
	h.skewed = true
	h.saw(sawJump)
	h.clock.skew.Store(int64(time.Duration(h.random.IntN(21)-10) * 24 * 365 * time.Hour))
	h.tracef("the wall clock is set to %s", h.clock.Now())
}

// enter waits for the runner's turn, when there are several.
func (h *history) enter(runner int, key string, due time.Duration) {
	if h.schedule != nil {
		h.schedule.enter(runner, key, due)
		return
	}
	h.clock.reach(due)
}

func (h *history) sleep(runner int, d time.Duration) { h.enter(runner, "sleep", h.clock.since()+d) }

// pass lets time go by at a contact, and with it what others do.
func (h *history) pass(p *process) {
	h.report.Contacts++
	if h.report.Contacts > mostContacts {
		h.failf("no end after %d contacts", mostContacts)
		p.die()
		return
	}
	h.clock.advance(time.Duration(1+h.random.IntN(20)) * time.Millisecond)
	if h.calm {
		return
	}
	l := &h.luck
	if h.chance(l.acquirer, 1000) {
		h.bank.catchUp()
		a := h.bank.accounts[h.random.IntN(len(h.bank.accounts))]
		h.bank.settle(a, h.random.IntN(2) == 0, h.chance(l.decline, 1000))
		if a.status == dibs.StatusCaptured && h.random.IntN(4) == 0 {
			a.status = dibs.StatusBalanced
		}
	}
	if h.chance(l.backOffice, 1000) {
		h.bank.catchUp()
		a := h.bank.accounts[h.random.IntN(len(h.bank.accounts))]
		h.bank.backOffice(a)
	}
	if h.files && h.chance(l.desk, 1000) {
		h.workDesks()
	}
	if h.chance(l.jump, 1000) {
		h.setClock()
	}
	if h.chance(l.interrupt, 1000) {
		h.saw(sawInterrupt)
		h.tracef("%d/%d is interrupted", p.runner, p.n)
		p.cancel(errInterrupted)
		p.hurt = true
	}
	if h.chance(l.power, 1000) {
		h.powerCut()
		return
	}
	if h.chance(l.disk, 1000) {
		h.disk.Evict(h.random) // memory runs short: what a sync lost is gone
	}
	if h.chance(l.pause, 1000) {
		h.saw(sawPause)
		d := time.Duration(1+h.random.IntN(900)) * time.Second
		h.tracef("%d/%d stands still for %s", p.runner, p.n, d)
		p.hurt = true
		if h.schedule == nil {
			h.clock.advance(d)
			return
		}
		h.paused[p.runner] = h.clock.since() + d
		if h.chance(l.lock, 30) {
			h.takeLocks(p)
		}
		h.enter(p.runner, "resume", h.paused[p.runner])
	}
}

func (h *history) takeLocks(p *process) {
	if err := p.loseLocks(); err != nil {
		h.failf("take the locks away: %v", err)
		return
	}
	h.broken = true
	h.saw(sawLockLost)
	h.tracef("%d/%d loses its locks", p.runner, p.n)
}

// powerCut ends every process. Of what was not synced, the disk keeps some.
func (h *history) powerCut() {
	h.saw(sawPower)
	h.tracef("the power goes")
	for _, p := range h.living {
		p.hurt = true
		p.dead.Store(true)
	}
	h.disk.PowerCut(h.random)
	h.audit.powerCut()
}

// chance draws yes in n of so many cases.
func (h *history) chance(n, of int) bool { return n > 0 && h.random.IntN(of) < n }

// unlucky is chance in a thousand, and never in calm weather.
func (h *history) unlucky(n int) bool { return !h.calm && h.chance(n, 1000) }

// failf reports what must never be.
func (h *history) failf(format string, args ...any) {
	said := fmt.Sprintf("contact %d: ", h.report.Contacts) + fmt.Sprintf(format, args...)
	h.tracef("FAILED: %s", said)
	if len(h.report.Failures) < 10 {
		h.report.Failures = append(h.report.Failures, said)
	}
}

func (h *history) tracef(format string, args ...any) {
	if h.trace {
		h.report.Trace = append(h.report.Trace, fmt.Sprintf("%10.3fs  ", h.clock.since().Seconds())+fmt.Sprintf(format, args...))
	}
}

func (h *history) finish() *Report {
	r := &h.report
	r.Ledger = h.disk.Bytes(ledgerName)
	sum := fnv.New64a()
	fmt.Fprint(sum, r.Contacts, h.clock.since(), r.Saw)
	sum.Write(r.Ledger)
	for _, a := range h.bank.accounts {
		fmt.Fprint(sum, a)
	}
	r.Print = sum.Sum64()
	r.Story = h.story.told()
	return r
}

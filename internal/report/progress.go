package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"flexform/apply"
	"flexform/plan"
)

// ProgressOptions says how a [Progress] shows itself.
type ProgressOptions struct {
	Style    Style
	Terminal bool // one line that is written over; otherwise a new line every 10 seconds
}

const (
	redrawEvery = 100 * time.Millisecond // on a terminal
	lineEvery   = 10 * time.Second       // without one
	tooShort    = 2 * time.Second        // without one, what takes less is not told of
)

// A Progress shows how far long work has come. Its methods may be called from
// several goroutines. A write error ends the display and nothing else: the
// work that it shows goes on.
type Progress struct {
	w       io.Writer
	now     func() time.Time
	options ProgressOptions

	mu      sync.Mutex
	broken  bool
	drawn   int       // columns of the line that stands on the terminal
	last    time.Time // when something was written
	begun   time.Time // when the present phase began
	reading [2]int    // done and total while transactions or tickets are read
	what    string    // which of them
	batch   batch
	waiting string // what is being waited for; empty while work goes on
	asking  bool   // the wait is for an unknown outcome
	file    string // the bulk file that was told of last, and its stage
}

// A batch is how far an apply has come.
type batch struct {
	total, done, failed, unknown, moved int
	planned, reached                    []plan.Sum
}

// NewProgress returns a progress that writes to w and tells time by now.
func NewProgress(w io.Writer, now func() time.Time, o ProgressOptions) *Progress {
	return &Progress{w: w, now: now, options: o}
}

// Reading shows that done of total transactions have been read.
func (p *Progress) Reading(done, total int) { p.read("transactions", done, total) }

// ReadingTickets shows that done of total tickets have been read.
func (p *Progress) ReadingTickets(done, total int) { p.read("tickets", done, total) }

func (p *Progress) read(what string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reading[1] != total || done < p.reading[0] || p.what != what {
		p.begin()
	}
	p.reading, p.what = [2]int{done, total}, what
	p.show(done == total)
}

// Event shows a step of an apply.
func (p *Progress) Event(e apply.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading, p.waiting, p.asking = [2]int{}, "", e.Kind == apply.EventWaiting || e.Kind == apply.EventBulk
	switch e.Kind {
	case apply.EventPlanned:
		p.begin()
		p.batch = batch{total: e.Total, planned: e.Sums}
	case apply.EventOutcome:
		p.batch.count(e.Result)
	case apply.EventSettled:
		if p.batch.total > 0 { // else it is of an earlier run
			p.batch.recount(e.Finding)
		}
	case apply.EventWaiting:
		p.waiting = fmt.Sprintf("%s; asking the gateway again in %s", isOrAre(e.Left, "outcome", "not known yet"), shortDuration(e.Wait))
	case apply.EventBulk:
		p.waiting = bulkText(e)
		file := e.Batch.Name + " " + string(e.Batch.Stage)
		if p.file == file { // it waits on, perhaps for hours
			p.show(false)
			return
		}
		p.file = file
	case apply.EventConfirming:
		p.waiting = "looking whether " + Count(e.Total, "accepted action") + " settled"
	}
	over := e.Kind == apply.EventOutcome && p.batch.ended() == p.batch.total
	p.show(p.waiting != "" || over)
}

// Note writes a line of its own, above what shows the progress.
func (p *Progress) Note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
	p.put(text + "\n")
}

// Close takes the line off the terminal, so that something else can be written
// there. A later event draws it again.
func (p *Progress) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
}

func (p *Progress) wipe() {
	if p.options.Terminal && p.drawn > 0 {
		p.put("\r" + strings.Repeat(" ", p.drawn) + "\r")
		p.drawn = 0
	}
}

func (p *Progress) begin() {
	p.begun = p.now()
	p.last = p.begun
	if p.options.Terminal {
		p.last = time.Time{}
	}
}

// show writes the line when it is time to, or at once.
func (p *Progress) show(atOnce bool) {
	now := p.now()
	every := lineEvery
	if p.options.Terminal {
		every = redrawEvery
	}
	if !atOnce && now.Sub(p.last) < every {
		return
	}
	if !p.options.Terminal && !p.asking && now.Sub(p.begun) < tooShort {
		return
	}
	line := p.line(now)
	if line == "" {
		return
	}
	p.last = now
	if !p.options.Terminal {
		p.put(line + "\n")
		return
	}
	if p.options.Style.Width > 0 {
		line = clip(line, p.options.Style.Width-1) // the last column would scroll
	}
	wide := columns(line)
	p.put("\r" + padRight(line, p.drawn))
	p.drawn = wide
}

func (p *Progress) put(s string) {
	if p.broken {
		return
	}
	if _, err := io.WriteString(p.w, s); err != nil {
		p.broken = true
	}
}

func (p *Progress) line(now time.Time) string {
	switch {
	case p.waiting != "":
		return p.waiting
	case p.reading[1] > 0:
		return fmt.Sprintf("Reading %d/%d %s", p.reading[0], p.reading[1], p.what) + pace(p.reading[0], p.reading[1], now.Sub(p.begun))
	case p.batch.total > 0:
		return p.batch.text(pace(p.batch.ended(), p.batch.total, now.Sub(p.begun)))
	}
	return ""
}

func (b *batch) count(r apply.ActionResult) {
	switch r.Fate {
	case apply.FateSettled, apply.FateSettling:
		b.done++
		b.reached = addSum(b.reached, r.Action)
	case apply.FateUnknown:
		b.unknown++
	case apply.FateMoved:
		b.moved++
	default:
		b.failed++
	}
}

// recount moves an action that a later look decided to where it belongs now.
func (b *batch) recount(f apply.Finding) {
	if !f.Decided() {
		return
	}
	a := plan.Action{Verb: f.Action.Verb, Currency: f.Action.To.Currency().Code(), FromMinor: f.Action.From.Minor(), ToMinor: f.Action.To.Minor()}
	fate := f.Fate()
	happened := fate == apply.FateSettled || fate == apply.FateSettling
	switch undecided := f.Action.State.Undecided(); {
	case undecided && happened:
		b.unknown, b.done, b.reached = b.unknown-1, b.done+1, addSum(b.reached, a)
	case undecided:
		b.unknown, b.failed = b.unknown-1, b.failed+1
	case !happened: // it was accepted
		a.FromMinor, a.ToMinor = a.ToMinor, a.FromMinor // takes it off again
		b.done, b.failed, b.reached = b.done-1, b.failed+1, addSum(b.reached, a)
	}
}

func (b *batch) ended() int { return b.done + b.failed + b.unknown + b.moved }

// text says counts, how fast it goes, and the sums, which are what a narrow
// terminal can do without: "120/500, 1 unknown, 40.0/s, 9s left: refund
// 6000.00 of 25000.00 DKK".
func (b *batch) text(pace string) string {
	var sums []string
	for _, planned := range inOrder(b.planned) {
		var minor int64
		for _, r := range b.reached {
			if r.Currency == planned.Currency && r.Verb == planned.Verb {
				minor = r.Minor
			}
		}
		if !hasAmount(planned.Verb) {
			sums = append(sums, Count(planned.Count, verbText(planned.Verb)))
			continue
		}
		sums = append(sums, fmt.Sprintf("%s %s of %s", verbText(planned.Verb), decimalText(minor, planned.Currency), amountText(planned.Minor, planned.Currency)))
	}
	text := fmt.Sprintf("%d/%d", b.ended(), b.total)
	for _, n := range []struct {
		count int
		what  string
	}{{b.unknown, "unknown"}, {b.failed, "not done"}, {b.moved, "moved"}} {
		if n.count > 0 {
			text += fmt.Sprintf(", %d %s", n.count, n.what)
		}
	}
	return text + pace + ": " + strings.Join(sums, "; ")
}

// pace says how fast it goes and how long it will take, once that is known.
func pace(done, total int, passed time.Duration) string {
	if done == 0 || passed < time.Second {
		return ""
	}
	rate := float64(done) / passed.Seconds()
	left := time.Duration(float64(total-done) / rate * float64(time.Second))
	text := fmt.Sprintf(", %.1f/s", rate)
	if total > done {
		text += ", " + shortDuration(left) + " left"
	}
	return text
}

// shortDuration writes a duration to two units: "9s", "3m20s", "1h05m".
func shortDuration(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}

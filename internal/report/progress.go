package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"flexform/apply"
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
	showing bool      // between the first event and Close
	drawn   int       // columns of the line that stands on the terminal
	last    time.Time // when something was written
	stage   stage
	count   headway // of the stages that read
	batch   batch
	wait    wait
	file    string // the bulk file that was told of last, and how far it had come
}

// A stage is what kind of work goes on.
type stage uint8

const (
	_        stage = iota
	reading        // transactions or tickets, before a plan
	carrying       // out the plan
	looking        // again, at what was done
	waiting        // for an outcome or a response
)

// A headway is how much was read of something.
type headway struct {
	begun       time.Time
	what        string
	done, total int
}

// A wait is what is waited for.
type wait struct {
	begun, until time.Time // until is zero when no look is due
	text         string
}

// NewProgress returns a progress that writes to w and tells time by now.
func NewProgress(w io.Writer, now func() time.Time, o ProgressOptions) *Progress {
	return &Progress{w: w, now: now, options: o}
}

// Reading shows that done of total transactions have been read.
func (p *Progress) Reading(done, total int) { p.read(reading, "transactions", done, total) }

// ReadingTickets shows that done of total tickets have been read.
func (p *Progress) ReadingTickets(done, total int) { p.read(reading, "tickets", done, total) }

func (p *Progress) read(s stage, what string, done, total int) {
	if total == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.advance(s, what, done, total)
	p.show(done == total)
}

func (p *Progress) advance(s stage, what string, done, total int) {
	begun := p.count.begun
	if p.stage != s || p.count.total != total || done < p.count.done || p.count.what != what {
		begun = p.begin()
	}
	p.showing, p.stage, p.count = true, s, headway{begun, what, done, total}
}

// Event shows a step of an apply.
func (p *Progress) Event(e apply.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.showing = true
	switch e.Kind {
	case apply.EventPlanned:
		p.batch = batch{begun: p.begin(), total: e.Total, planned: e.Sums}
		p.stage = carrying
	case apply.EventIntent, apply.EventCall:
		p.stage = carrying
	case apply.EventOutcome:
		p.stage = carrying
		if p.batch.count(e.Result); p.batch.ended() == p.batch.total {
			p.batch.over = p.now()
			p.show(true)
			return
		}
	case apply.EventConfirming:
		p.advance(looking, "actions", 0, e.Total)
	case apply.EventLooked:
		p.advance(looking, "actions", e.Total-e.Left, e.Total)
		p.show(e.Left == 0)
		return
	case apply.EventSettled:
		if p.batch.total > 0 { // else it is of an earlier run
			p.batch.recount(e.Finding)
			p.stage = carrying
		}
	case apply.EventWaiting:
		p.await(isOrAre(e.Left, "outcome", "not known yet")+"; asking the gateway again", e.Wait)
		p.show(true)
		return
	case apply.EventBulk:
		p.await(bulkText(e))
		file := e.Batch.Name + " " + string(e.Batch.Stage)
		more := p.file != file // else it waits on, perhaps for hours
		p.file = file
		p.show(more)
		return
	}
	p.show(false)
}

func (p *Progress) await(text string, d time.Duration) {
	p.stage, p.wait = waiting, wait{begun: p.now(), text: text}
	if d > 0 {
		p.wait.until = p.wait.begun.Add(d)
	}
}

// Tick shows that time passes although nothing happens. It writes nothing after
// Close, until the next event: something else may stand on the terminal. A wait
// is told of once where there is no terminal.
func (p *Progress) Tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.showing && (p.options.Terminal || p.stage != waiting) {
		p.show(false)
	}
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
	p.showing = false
	p.wipe()
}

func (p *Progress) wipe() {
	if p.options.Terminal && p.drawn > 0 {
		p.put("\r" + strings.Repeat(" ", p.drawn) + "\r")
		p.drawn = 0
	}
}

// begin begins a stage.
func (p *Progress) begin() time.Time {
	now := p.now()
	p.last = now
	if p.options.Terminal {
		p.last = time.Time{}
	}
	return now
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
	if !p.options.Terminal && now.Sub(p.begun()) < tooShort {
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

// begun returns when the stage began. A wait is told of at once.
func (p *Progress) begun() time.Time {
	switch p.stage {
	case reading, looking:
		return p.count.begun
	case carrying:
		return p.batch.begun
	}
	return time.Time{}
}

func (p *Progress) line(now time.Time) string {
	c := p.count
	switch p.stage {
	case reading:
		return fmt.Sprintf("Reading %d/%d %s", c.done, c.total, c.what) + pace(c.done, c.total, now.Sub(c.begun))
	case looking:
		return fmt.Sprintf("Looking again at %d/%d %s", c.done, c.total, c.what) + pace(c.done, c.total, now.Sub(c.begun))
	case carrying:
		return p.batch.text(now)
	case waiting:
		if p.wait.until.IsZero() {
			return p.wait.text
		}
		return p.wait.text + " in " + shortDuration(max(p.wait.until.Sub(now), 0))
	}
	return ""
}

// pace says how fast it goes and how long it will take, once that is known.
func pace(done, total int, passed time.Duration) string {
	if done == 0 || passed < time.Second {
		return ""
	}
	rate := float64(done) / passed.Seconds()
	left := time.Duration(float64(total-done) / rate * float64(time.Second))
	text := ", " + rateText(rate)
	if total > done {
		text += ", " + shortDuration(left) + " left"
	}
	return text
}

// rateText writes so many a second, or in a longer time where that says more.
func rateText(rate float64) string {
	switch {
	case rate >= 0.1:
		return fmt.Sprintf("%.1f/s", rate)
	case rate*60 >= 0.1:
		return fmt.Sprintf("%.1f/min", rate*60)
	}
	return fmt.Sprintf("%.1f/h", rate*3600)
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

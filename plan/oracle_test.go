package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"flexform/dibs"
	"flexform/money"
	"flexform/statefile"
)

// The oracle answers the same question as the rules, the slow and obvious way:
// status by status, in minor units, for one transaction of 200.00 DKK. It
// shares no code with them.

const (
	notDeclared = -1
	allOfIt     = -2
)

type oracleFacts struct {
	s                   tale
	wantC, wantR        int // minor, notDeclared or allOfIt
	cap, ref            int // the ledger's totals
	cancelled           bool
	pinned              bool
	total               int // captured, once it is known
	waitC, waitR, waitX bool
	openR               int  // accepted refunds
	oldR                bool // the reversed one is not the newest
	noneCaptured        bool // the ledger says so, which is more than saying nothing
	waitA               bool // an accepted reauthorise is not to be seen yet
	badC, badR          bool // the newest try that was sent came to nothing
}

func oracle(s tale) string {
	f := oracleFacts{s: s, wantC: parseWant(s.captured), wantR: parseWant(s.refunded)}
	asksC, asksR := f.wantC > 0 || f.wantC == allOfIt, f.wantR > 0 || f.wantR == allOfIt
	if s.cancelled && (asksC || asksR) {
		return "problem"
	}
	for _, d := range s.ledger {
		if d.state == open || d.state == unknown {
			return "unknown"
		}
	}
	if !s.cancelled && f.wantC == notDeclared && f.wantR == notDeclared {
		return "unchanged"
	}
	if !slices.Contains([]dibs.Status{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15}, s.status) && s.split == nil {
		return "status"
	}
	if f.wantC == allOfIt {
		f.wantC = 20000
	}
	if s.split != nil {
		return f.decideSplit(asksC, asksR)
	}
	f.fold()
	return f.decide(asksC, asksR)
}

func parseWant(s string) int {
	switch s {
	case "":
		return notDeclared
	case "full":
		return allOfIt
	}
	whole, cents, _ := strings.Cut(s, ".")
	var w, c int
	fmt.Sscan(whole, &w)
	fmt.Sscan(cents, &c)
	return w*100 + c
}

// taken: statuses of a transaction whose money was captured.
func taken(s dibs.Status) bool {
	return s == 5 || s == 7 || s == 8 || s == 9 || s == 10 || s == 11 || s == 15
}

func (f *oracleFacts) fold() {
	for _, d := range f.s.ledger {
		counts := d.state == accepted || d.state == done
		switch d.verb {
		case statefile.Capture:
			if counts {
				f.cap = int(d.to)
			}
			f.noneCaptured = f.noneCaptured || d.state == reversed
			if d.state != notSent {
				f.badC = !counts
			}
		case statefile.Refund:
			if counts {
				f.ref = int(d.to)
			}
			if d.state != notSent {
				f.badR = !counts
			}
		case statefile.Cancel:
			f.cancelled = f.cancelled || counts
		}
	}
	if a := f.s.adopted; a != nil {
		f.cap, f.ref, f.cancelled = int(a.captured), int(a.refunded), a.cancelled
		f.noneCaptured = true
		group := func(s dibs.Status) dibs.Status {
			return map[dibs.Status]dibs.Status{7: 5, 15: 9, 12: 3}[s] + s*dibs.Status(map[bool]int{true: 0, false: 1}[s == 7 || s == 15 || s == 12])
		}
		f.pinned = group(a.status) == group(f.s.status)
	}
	for _, d := range f.s.ledger {
		if d.verb == statefile.Refund && d.state == accepted {
			f.openR++
		}
	}
	f.captures()
	f.total = f.captured()
	f.refunds()
}

// captures looks at accepted captures and cancels.
func (f *oracleFacts) captures() {
	if f.s.adopted != nil {
		return
	}
	for _, d := range f.s.ledger {
		switch st := f.s.status; {
		case d.state != accepted:
		case d.verb == statefile.Cancel:
			f.waitX = f.waitX || st == 2
		case d.verb == statefile.Reauthorise:
			f.waitA = f.waitA || st == 6 && d.before == 6
		case d.verb != statefile.Capture:
		case st == 3, st == 12, st == d.before:
			f.waitC = true
		case st == 4 && d.before == 2:
			f.cap, f.badC = int(d.from), true
		}
	}
}

func (f *oracleFacts) captured() int {
	st, asks := f.s.status, f.wantC
	switch {
	case f.pinned:
		return f.cap
	case !taken(st) && st != 3 && st != 12:
		return 0
	case f.cap > 0:
		return f.cap
	case taken(st) && f.s.paid > 0 && f.s.paid < 20000:
		return int(f.s.paid)
	case asks > 0:
		return asks
	}
	return 20000
}

// refunds looks at accepted refunds.
func (f *oracleFacts) refunds() {
	if f.s.adopted != nil {
		return
	}
	base := f.total
	if base == 0 {
		base = 20000
	}
	was := f.ref
	for _, d := range f.s.ledger {
		if d.verb != statefile.Refund || d.state != accepted {
			continue
		}
		rest := int(d.to) == base
		switch st := f.s.status; {
		case (st == 9 || st == 15) && taken(d.before) && d.before != 9 && d.before != 15 && d.before != 11:
			f.waitR = true
		case st == 10 && (d.before == 5 || d.before == 7 || d.before == 8):
			f.ref, f.badR = f.ref-int(d.to-d.from), true
			f.oldR = f.oldR || int(d.to) != was
		case (st == 5 || st == 7) && (d.before == 5 || d.before == 7 || d.before == 10), st == 10 && d.before == 10, st == 8 && d.before == 8 && rest:
			f.waitR = true
		}
	}
}

func (f *oracleFacts) decide(asksC, asksR bool) string {
	st := f.s.status
	if !f.pinned && f.drift(asksC) {
		return "drift"
	}
	switch {
	case (st == 3 || st == 12) && (f.s.cancelled || f.wantC != notDeclared || asksR), f.waitC, f.waitX, f.waitA:
		return "settling"
	case f.wantR != notDeclared && (st == 9 || st == 15 || f.waitR):
		return "settling"
	}
	if f.s.cancelled {
		switch {
		case st == 6, f.pinned && f.cancelled:
			return "unchanged"
		case f.total > 0:
			return "problem"
		case st == 2:
			return f.step("cancel", 0, 20000)
		}
		return "status"
	}
	if f.wantC != notDeclared && f.wantC != f.total {
		if f.wantC < f.total || f.total > 0 {
			return "problem"
		}
		switch {
		case st == 2, st == 4 && (f.pinned || f.badC), st == 6 && f.s.again && !f.cancelled:
			if f.wantR > f.wantC {
				return "problem"
			}
			return f.againAnd(f.step("capture", 0, f.wantC))
		case st == 6 && f.cancelled:
			return "problem"
		}
		return "status"
	}
	if f.wantR == notDeclared {
		return "unchanged"
	}
	if f.total == 0 && f.wantC == notDeclared && asksR {
		return "status"
	}
	r := f.wantR
	if r == allOfIt {
		r = f.total
	}
	was := f.refunded()
	switch {
	case r > f.total, r < was:
		return "problem"
	case r == was:
		return "unchanged"
	case st == 5, st == 7, st == 8, st == 10:
		return f.step("refund", was, r)
	}
	return "status"
}

func (f *oracleFacts) refunded() int {
	st := f.s.status
	switch {
	case f.pinned:
		return f.ref
	case !taken(st):
		return 0
	case st == 11:
		return f.total
	}
	return f.ref
}

func (f *oracleFacts) drift(asksC bool) bool {
	st := f.s.status
	managed := f.wantR != notDeclared || f.ref > 0
	switch {
	case st == 10 && f.openR > 1, f.oldR, taken(st) && f.noneCaptured && f.cap == 0, f.cancelled && st != 6 && !f.waitX:
		return true
	case st == 2 || st == 6:
		return f.ref > 0 || f.cap > 0 && !f.waitC
	case st == 3 || st == 12:
		return f.ref > 0
	case st == 4:
		return f.ref > 0 || f.cap > 0 && !f.waitC || asksC && !f.badC && !f.waitC
	case f.waitR || !managed:
		return false
	case st == 5 || st == 7:
		return f.ref > 0
	case st == 8:
		return f.ref == 0 || f.ref >= f.total
	case st == 9 || st == 15:
		return true
	case st == 10:
		return !f.badR
	case st == 11:
		return f.ref < f.total || f.ref == 0
	}
	return false
}

// decideSplit is the whole answer for the base of a split capture.
func (f *oracleFacts) decideSplit(asksC, asksR bool) string {
	p := f.s.split
	sum, settled := int(p.captured+p.pending), p.pending == 0 && p.hidden == 0
	told, waiting, ledger := false, false, 0
	for _, d := range f.s.ledger {
		switch {
		case d.verb == statefile.Cancel:
			f.cancelled = f.cancelled || d.state == accepted || d.state == done
		case d.verb != statefile.Capture:
		case d.state == accepted, d.state == done:
			told, ledger = true, int(d.to)
		case d.state == reversed:
			told, ledger = true, int(d.from)
		}
	}
	if a := f.s.adopted; a != nil {
		told, ledger, f.cancelled = true, int(a.captured), a.cancelled
	} else {
		for _, d := range f.s.ledger {
			if d.verb != statefile.Capture || d.state != accepted {
				continue
			}
			split := d.before == 18
			waiting = waiting || split && sum == ledger && !settled || sum == ledger-int(d.to-d.from)
		}
	}
	switch {
	case f.cancelled, told && ledger != sum && !waiting:
		return "drift"
	case (f.wantC != notDeclared || f.s.cancelled || asksR) && (!settled || waiting):
		return "settling"
	case f.s.cancelled && sum > 0:
		return "problem"
	case f.s.cancelled:
		return "status"
	}
	if w := f.wantC; w != notDeclared && w != sum {
		switch {
		case w < sum, asksR && f.wantR > w:
			return "problem"
		case p.closed:
			return "status"
		}
		return f.againAnd(f.step("capture", sum, w))
	}
	want := f.wantR
	if want == allOfIt {
		want = sum
	}
	switch {
	case want == notDeclared:
		return "unchanged"
	case want > sum, want < int(p.refunded):
		return "problem"
	case want == int(p.refunded):
		return "unchanged"
	}
	return "status"
}

// againAnd puts a reauthorise before a capture, when it is stated and was not
// done for that capture already.
func (f *oracleFacts) againAnd(capture string) string {
	fresh, tries := false, 0
	for _, d := range f.s.ledger {
		happened := d.state == accepted || d.state == done
		switch {
		case d.verb == statefile.Reauthorise:
			tries++
			fresh = fresh || happened
		case d.verb == statefile.Capture && d.state == declined && d.code == 5:
			fresh = false
		case d.verb == statefile.Capture && happened && !(f.s.adopted == nil && d.state == accepted && d.before == 2 && f.s.status == 4):
			fresh = false
		}
	}
	if !strings.HasPrefix(capture, "capture") || !f.s.again || fresh && f.s.status != 6 {
		return capture
	}
	return fmt.Sprintf("reauthorise 0->20000 #%d, %s", tries+1, capture)
}

// step is a step with its attempt, unless the same step was done already.
func (f *oracleFacts) step(verb string, from, to int) string {
	attempt := 1
	for _, d := range f.s.ledger {
		if string(d.verb) != verb || int(d.from) != from || int(d.to) != to {
			continue
		}
		attempt++
		came := verb == "refund" && f.s.status == 10 && d.before != 10 || verb == "capture" && f.s.status == 4 && d.before == 2
		if d.state == done || d.state == accepted && (f.s.adopted != nil || !came) {
			return "drift"
		}
	}
	return fmt.Sprintf("%s %d->%d #%d", verb, from, to, attempt)
}

// kind cuts a told draft down to what the oracle says.
func kind(d Draft, problems []Problem) string {
	switch {
	case len(problems) > 0:
		return "problem"
	case len(d.Body.Actions) > 0:
		var all []string
		for _, a := range d.Body.Actions {
			all = append(all, fmt.Sprintf("%s %d->%d #%d", a.Verb, a.FromMinor, a.ToMinor, a.Attempt))
		}
		return strings.Join(all, ", ")
	case len(d.Body.Blocked) > 0:
		return string(d.Body.Blocked[0].Cause)
	}
	return "unchanged"
}

func drawTale(r *rapid.T) tale {
	totals := []string{"", "full", "0.00", "50.00", "80.00", "100.01", "150.00", "200.00"}
	s := tale{
		captured: rapid.SampledFrom(totals).Draw(r, "captured"),
		refunded: rapid.SampledFrom(totals).Draw(r, "refunded"),
		status:   rapid.SampledFrom([]dibs.Status{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15}).Draw(r, "status"),
		paid:     rapid.SampledFrom([]int64{0, 0, 8000, 15000, 20000}).Draw(r, "paid"),
	}
	if rapid.IntRange(0, 4).Draw(r, "odd status") == 0 {
		s.status = dibs.Status(rapid.IntRange(-1, 27).Draw(r, "any status"))
	}
	if rapid.IntRange(0, 5).Draw(r, "cancel") == 0 {
		s.cancelled = true
		s.captured = rapid.SampledFrom([]string{"", "0.00", "50.00"}).Draw(r, "captured too")
		s.refunded = ""
	}
	s.ledger = drawLedger(r)
	if rapid.IntRange(0, 3).Draw(r, "again") == 0 {
		drawAgain(r, &s)
	}
	if rapid.IntRange(0, 4).Draw(r, "split") == 0 {
		drawSplit(r, &s)
	}
	if rapid.IntRange(0, 4).Draw(r, "adopt") == 0 {
		captured := rapid.SampledFrom([]int64{0, 15000, 20000}).Draw(r, "adopted captured")
		refunded := rapid.SampledFrom([]int64{0, 5000, 8000, captured}).Draw(r, "adopted refunded")
		s.adopted = &adoption{captured, min(refunded, captured), captured == 0 && rapid.Bool().Draw(r, "adopted cancelled"), dibs.Status(rapid.IntRange(0, 19).Draw(r, "adopted status"))}
		if rapid.Bool().Draw(r, "same status") {
			s.adopted.status = s.status
		}
	}
	return s
}

// drawLedger makes a history as flexform could have written it: a cancel or a
// capture, then refunds that begin where the last accepted one ended.
func drawLedger(r *rapid.T) []deed {
	states := []statefile.ActionState{accepted, accepted, done, done, declined, notSent, notDone, reversed, unknown}
	state := func() statefile.ActionState { return rapid.SampledFrom(states).Draw(r, "state") }
	var all []deed
	switch rapid.IntRange(0, 5).Draw(r, "first deed") {
	case 0:
		return []deed{cancelOf(state())}
	case 1, 2:
		to := rapid.SampledFrom([]int64{5000, 15000, 20000}).Draw(r, "captured before")
		for range rapid.IntRange(1, 2).Draw(r, "capture tries") {
			d := captureOf(to, state(), rapid.SampledFrom([]dibs.Status{2, 2, 4}).Draw(r, "before"))
			all = append(all, d)
			if d.state == accepted || d.state == done || d.state == unknown {
				break
			}
		}
	}
	from := int64(0)
	for range rapid.IntRange(0, 3).Draw(r, "refunds") {
		to := rapid.SampledFrom([]int64{5000, 8000, 10001, 15000, 20000}).Draw(r, "refunded before")
		if to <= from {
			continue
		}
		d := refundOf(from, to, state(), rapid.SampledFrom([]dibs.Status{5, 7, 8, 10}).Draw(r, "before"))
		all = append(all, d)
		if d.state == unknown {
			break
		}
		if d.state == accepted || d.state == done {
			from = to
		}
	}
	return all
}

// drawAgain makes the tale one of an authorisation that is said to be too old,
// with captures that were declined for it and tries to have it approved again.
func drawAgain(r *rapid.T, s *tale) {
	s.again = rapid.IntRange(0, 4).Draw(r, "stated") > 0
	if rapid.Bool().Draw(r, "due") {
		s.status = rapid.SampledFrom([]dibs.Status{2, 2, 4, 6}).Draw(r, "status before capture")
		s.captured = rapid.SampledFrom([]string{"full", "150.00"}).Draw(r, "captured then")
		s.ledger, s.cancelled = nil, false
	}
	old := len(s.ledger)
	for range rapid.IntRange(0, 4).Draw(r, "tries") {
		switch rapid.IntRange(0, 2).Draw(r, "try") {
		case 0:
			s.ledger = append(s.ledger, tooOld(rapid.SampledFrom([]int64{15000, 20000}).Draw(r, "declined")))
		default:
			states := []statefile.ActionState{accepted, done, done, declined, notSent, notDone, unknown}
			d := againOf(rapid.SampledFrom(states).Draw(r, "state of again"), rapid.SampledFrom([]dibs.Status{2, 4, 6, 18}).Draw(r, "before again"))
			s.ledger = append(s.ledger, d)
		}
	}
	if rapid.IntRange(0, 2).Draw(r, "again first") == 0 { // and the rest of history later
		s.ledger = append(slices.Clone(s.ledger[old:]), s.ledger[:old]...)
	}
}

// drawSplit makes the tale one of a split capture: sums as they come, and mostly
// a history of captures from one total to the next.
func drawSplit(r *rapid.T, s *tale) {
	s.status, s.paid = 18, 0
	p := &splitTale{captured: rapid.SampledFrom([]int64{0, 5000, 8000, 15000, 20000}).Draw(r, "sum")}
	p.pending = min(rapid.SampledFrom([]int64{0, 0, 3000, 5000}).Draw(r, "pending"), 20000-p.captured)
	p.hidden = min(rapid.SampledFrom([]int64{0, 0, 0, 3000}).Draw(r, "hidden"), 20000-p.captured-p.pending)
	p.refunded = min(rapid.SampledFrom([]int64{0, 0, 5000}).Draw(r, "sum refunded"), p.captured)
	if p.closed = rapid.IntRange(0, 3).Draw(r, "closed") == 0; p.closed {
		s.status = 19
	}
	if s.split = p; rapid.IntRange(0, 9).Draw(r, "no API user") == 0 {
		s.split = nil
	}
	if rapid.IntRange(0, 4).Draw(r, "another history") == 0 {
		return
	}
	s.ledger = nil
	from := int64(0)
	for range rapid.IntRange(0, 3).Draw(r, "captures") {
		to := rapid.SampledFrom([]int64{5000, 8000, 15000, 20000}).Draw(r, "captured so far")
		if to <= from {
			continue
		}
		states := []statefile.ActionState{accepted, done, done, declined, notSent, notDone, reversed, unknown}
		d := deed{statefile.Capture, from, to, rapid.SampledFrom(states).Draw(r, "state"), 18, 0}
		s.ledger = append(s.ledger, d)
		if d.state == unknown {
			break
		}
		if d.state == accepted || d.state == done {
			from = to
		}
	}
}

// PROP: every status, every wish, histories that are likely and unlikely.
func TestBuildAgreesWithTheOracle(t *testing.T) {
	met := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		for range 100 {
			s := drawTale(r)
			d, problems := Build(s.input(t))
			got, want := kind(d, problems), oracle(s)
			if got != want {
				r.Fatalf("Build(%+v) = %s (%s), the oracle says %s", s, got, told(d, problems), want)
			}
			met[strings.Fields(got)[0]]++
			checkAction(r, s, d)
		}
	})
	for _, k := range []string{"problem", "capture", "reauthorise", "refund", "cancel", "drift", "settling", "unknown", "status", "unchanged"} {
		if met[k] == 0 {
			t.Errorf("never met %s: %v", k, met)
		}
	}
}

// checkAction holds every action to what may never be broken.
func checkAction(r *rapid.T, s tale, d Draft) {
	for _, a := range d.Body.Actions {
		if err := a.check(); err != nil {
			r.Fatalf("Build(%+v): %v", s, err)
		}
		want := map[statefile.Verb]string{statefile.Capture: s.captured, statefile.Refund: s.refunded, statefile.Cancel: "full", statefile.Reauthorise: "full"}[a.Verb]
		if a.Verb == statefile.Reauthorise && !s.again {
			r.Fatalf("Build(%+v) authorises again, and nobody said so", s)
		}
		limit := int64(20000)
		if want != "full" {
			wish, err := money.Parse(want + " DKK")
			if err != nil {
				r.Fatalf("Build(%+v) offers %s, which is not declared", s, a.Verb)
			}
			limit = wish.Minor()
		}
		if a.ToMinor > limit {
			r.Fatalf("Build(%+v) offers %s to %d", s, a.Verb, a.ToMinor)
		}
	}
}

package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"flexform/apply"
	"flexform/internal/report"
	"flexform/plan"
	"flexform/statefile"
)

// An ear hears what an apply tells programs, and knows nothing else of it.
type ear struct {
	said bytes.Buffer
	w    report.EventWriter
	told map[string]told // by action
}

// A told is what the last line about an action says.
type told struct {
	sum  plan.Sum
	id   string
	fate apply.Fate
}

func (s *session) listen() *ear {
	e := &ear{told: map[string]told{}}
	e.w = report.EventWriter{W: &e.said, Now: s.h.clock.Now}
	s.runner.Events = func(ev apply.Event) {
		if err := e.w.Event(ev); err != nil {
			s.h.failf("event: %v", err)
		}
	}
	return e
}

// A heardLine is what a program that follows an apply reads of a line.
type heardLine struct {
	Type     string
	Seq      uint64
	ID       string         `json:"action_id"`
	Verb     statefile.Verb `json:"action"`
	Currency string         `json:"currency"`
	From     int64          `json:"from_minor"`
	To       int64          `json:"to_minor"`
	Plan     string         `json:"plan"`
	Fate     apply.Fate     `json:"fate"`
}

// heard holds what was heard of a run against its result and the ledger. After
// a failure of the ledger that is behind, and the lines have more than it.
func (s *session) heard(e *ear, p *plan.Plan, result apply.Result, failed error) {
	ended := map[string]bool{}
	for line := range bytes.Lines(e.said.Bytes()) {
		var l heardLine
		if err := json.Unmarshal(line, &l); err != nil {
			s.h.failf("no JSON: %v: %s", err, line)
			return
		}
		switch l.Type {
		case "begin", "waiting", "confirming", "bulk", "call":
			continue
		case "intent":
			if a, ok := s.file.State().Action(l.ID); !ok || a.Seq != l.Seq {
				s.h.failf("the lines have the intent of %s as entry %d, the ledger as %d", l.ID, l.Seq, a.Seq)
			}
			continue
		case "observed":
			if l.Plan != p.Digest {
				s.h.failf("%s of plan %s was observed during plan %s", l.ID, l.Plan, p.Digest)
			}
		case "outcome", "skipped":
			if ended[l.ID] {
				s.h.failf("a second end of %s: %s", l.ID, line)
			}
			ended[l.ID] = true
		default:
			s.h.failf("a line of no known type: %s", line)
		}
		e.told[l.ID] = told{plan.Sum{Currency: l.Currency, Verb: l.Verb, Minor: l.To - l.From}, l.ID, l.Fate}
	}
	if result.Plan != "" && len(ended) > 0 && len(ended) != len(p.Body.Actions) {
		s.h.failf("%d actions have an end in the lines, and the plan has %d", len(ended), len(p.Body.Actions))
	}
	if len(ended) == 0 { // nothing was begun
		return
	}
	if want, got := totals(fromResult(result)), totals(slices.Collect(maps.Values(e.told))); want != got {
		s.h.failf("sums by fate of the lines: %s, of the result: %s", got, want)
	}
	for _, t := range e.told {
		a, ok := s.file.State().Action(t.id)
		if waits := t.fate == apply.FateUnknown && a.State == statefile.ActionOpen && a.Batch != ""; ok && failed == nil && !waits && !slices.Contains(fates[t.fate], a.State) {
			s.h.failf("%s: the lines say %s, the ledger %s", t.id, t.fate, a.State)
		}
	}
}

func fromResult(r apply.Result) (list []told) {
	for a := range r.All() {
		list = append(list, told{plan.Sum{Currency: a.Action.Currency, Verb: a.Action.Verb, Minor: a.Action.ToMinor - a.Action.FromMinor}, a.ID, a.Fate})
	}
	return list
}

// totals adds up by currency, action and fate.
func totals(list []told) string {
	sums := map[string]int64{}
	for _, t := range list {
		key := fmt.Sprintf("%s %s %s", t.sum.Currency, t.sum.Verb, t.fate)
		sums[key] += t.sum.Minor
		sums[key+" count"]++
	}
	return fmt.Sprint(sums) // in the order of the keys
}

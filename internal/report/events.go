package report

import (
	"io"
	"time"

	"flexform/apply"
	"flexform/dibs"
	"flexform/plan"
	"flexform/schema"
)

// An EventWriter writes what an apply does while it does it, for programs: one
// JSON object a line, each with its type and time. docs/events.md describes
// them. Its methods are not called concurrently; each writes one line with one
// Write, but for [EventWriter.Outages].
type EventWriter struct {
	W   io.Writer
	Now func() time.Time
}

// An eventType is what a line tells.
type eventType string

const (
	lineVersion    eventType = "version"
	lineRecovered  eventType = "recovered"
	linePlan       eventType = "plan"
	lineOutage     eventType = "outage"
	lineBegin      eventType = "begin"
	lineIntent     eventType = "intent"
	lineCall       eventType = "call"
	lineOutcome    eventType = "outcome"
	lineSkipped    eventType = "skipped"
	lineObserved   eventType = "observed"
	lineWaiting    eventType = "waiting"
	lineConfirming eventType = "confirming"
	lineBulk       eventType = "bulk"
	lineEnd        eventType = "end"
)

// eventHead is how every line begins.
type eventHead struct {
	Type eventType `json:"type"`
	Time time.Time `json:"time"`
}

func (e *EventWriter) head(t eventType) eventHead { return eventHead{t, e.Now().UTC()} }

// Version writes the first line: which lines the reader is to expect.
func (e *EventWriter) Version(version string) error {
	return encodeJSON(e.W, struct {
		eventHead
		FormatVersion string `json:"format_version"`
		Command       string `json:"command"`
		Version       string `json:"flexform_version"`
	}{e.head(lineVersion), formatVersion, "apply", version}, "")
}

// Recovered writes what became of the actions that earlier runs left without a
// certain end: a line for each that is still unknown, and one with the counts.
// What was decided has its line already.
func (e *EventWriter) Recovered(s apply.Settled) error {
	for _, f := range s.Unknown {
		if err := encodeJSON(e.W, e.observed(f), ""); err != nil {
			return err
		}
	}
	if len(s.Decided)+len(s.Settling)+len(s.Unknown)+s.Waiting() == 0 {
		return nil
	}
	return encodeJSON(e.W, struct {
		eventHead
		Decided  int `json:"decided"`
		Settling int `json:"settling"`
		Unknown  int `json:"unknown"`
		Waiting  int `json:"waiting"` // rows of bulk files without an answer
	}{e.head(lineRecovered), len(s.Decided), len(s.Settling), len(s.Unknown), s.Waiting()}, "")
}

// Plan writes what is going to be carried out, if nothing is against it.
func (e *EventWriter) Plan(p *plan.Plan) error {
	return encodeJSON(e.W, struct {
		eventHead
		Plan      string      `json:"plan"`
		Mode      schema.Mode `json:"mode"`
		ExpiresAt time.Time   `json:"expires_at"`
		Actions   int         `json:"actions"`
		Blocked   int         `json:"blocked"`
		Summary   []plan.Sum  `json:"summary"`
		Counts    plan.Counts `json:"counts"`
	}{e.head(linePlan), p.Digest, p.Body.Mode, p.Envelope.ExpiresAt.UTC(), len(p.Body.Actions), len(p.Body.Blocked), p.Body.Summary, p.Envelope.Counts}, "")
}

// Outages writes a line for each warning of a preflight.
func (e *EventWriter) Outages(outages []apply.Outage) error {
	for _, o := range outages {
		line := struct {
			eventHead
			jsonOutage
		}{e.head(lineOutage), newJSONOutage(o)}
		if err := encodeJSON(e.W, line, ""); err != nil {
			return err
		}
	}
	return nil
}

// Event writes a step of an apply.
func (e *EventWriter) Event(ev apply.Event) error {
	switch ev.Kind {
	case apply.EventPlanned:
		return encodeJSON(e.W, struct {
			eventHead
			Actions int        `json:"actions"`
			Summary []plan.Sum `json:"summary"`
			jsonBroken
		}{e.head(lineBegin), ev.Total, ev.Sums, jsonBroken{ev.BreakGlass, ev.BrokenBy}}, "")
	case apply.EventIntent, apply.EventCall, apply.EventOutcome:
		return encodeJSON(e.W, e.action(ev), "")
	case apply.EventSettled:
		return encodeJSON(e.W, e.observed(ev.Finding), "")
	case apply.EventWaiting:
		return encodeJSON(e.W, struct {
			eventHead
			Left        int     `json:"left"`
			WaitSeconds float64 `json:"wait_seconds"`
		}{e.head(lineWaiting), ev.Left, ev.Wait.Seconds()}, "")
	case apply.EventConfirming:
		return encodeJSON(e.W, struct {
			eventHead
			Actions int `json:"actions"`
		}{e.head(lineConfirming), ev.Total}, "")
	case apply.EventBulk:
		return encodeJSON(e.W, struct {
			eventHead
			jsonFile
			WaitSeconds float64 `json:"wait_seconds,omitempty"`
		}{e.head(lineBulk), newJSONFile(ev.Batch), ev.Wait.Seconds()}, "")
	}
	return nil
}

type jsonActionLine struct {
	eventHead
	Seq uint64 `json:"seq,omitempty"` // of the ledger's entry
	jsonOutcome
}

// action is the line of one step of one action. How it ends is said where it
// ends, and not before.
func (e *EventWriter) action(ev apply.Event) jsonActionLine {
	line := jsonActionLine{Seq: ev.Seq, jsonOutcome: newJSONOutcome(ev.Result)}
	switch {
	case ev.Kind == apply.EventIntent:
		line.eventHead, line.Fate = e.head(lineIntent), ""
	case ev.Kind == apply.EventCall:
		line.eventHead, line.Fate = e.head(lineCall), ""
	case ev.Result.Fate == apply.FateMoved || ev.Result.Fate == apply.FateNotStarted:
		line.eventHead = e.head(lineSkipped)
	default:
		line.eventHead = e.head(lineOutcome)
	}
	return line
}

// jsonObserved is an action as a later look at the gateway finds it.
type jsonObserved struct {
	eventHead
	jsonRecorded              // of this run or an earlier one
	Fate         apply.Fate   `json:"fate"`
	Status       *dibs.Status `json:"status,omitempty"`
	Payment      string       `json:"payment,omitempty"`
	Detail       string       `json:"detail,omitempty"`
}

func (e *EventWriter) observed(f apply.Finding) jsonObserved {
	return jsonObserved{
		eventHead: e.head(lineObserved), jsonRecorded: newJSONRecorded(f.Action),
		Fate: f.Fate(), Status: f.Status, Payment: string(f.Payment), Detail: f.Detail,
	}
}

// End writes the last line: the totals, and how the command ends.
func (e *EventWriter) End(end Ending) error {
	line := struct {
		eventHead
		jsonEnding
		Counts jsonTally `json:"counts"`
	}{e.head(lineEnd), newJSONEnding(end), newJSONTally(end.Result)}
	return encodeJSON(e.W, line, "")
}

// A jsonTally counts the lists of a result.
type jsonTally struct {
	Done       int `json:"done"`
	Unknown    int `json:"unknown"`
	Declined   int `json:"declined"`
	NotSent    int `json:"not_sent"`
	Moved      int `json:"moved"`
	NotStarted int `json:"not_started"`
}

func newJSONTally(r apply.Result) jsonTally {
	return jsonTally{len(r.Done), len(r.Unknown), len(r.Declined), len(r.NotSent), len(r.Moved), len(r.NotStarted)}
}

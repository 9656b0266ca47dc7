package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"flexform/apply"
	"flexform/dibs"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

type jsonResult struct {
	FormatVersion string        `json:"format_version"`
	Plan          string        `json:"plan"` // digest
	Mode          schema.Mode   `json:"mode"`
	Complete      bool          `json:"complete"`
	StopRule      apply.Rule    `json:"stop_rule,omitempty"`
	Stopped       string        `json:"stopped,omitempty"`
	Summary       []jsonSum     `json:"summary"` // of every list, by list, currency, action
	BulkFiles     []jsonFile    `json:"bulk_files,omitempty"`
	Done          []jsonOutcome `json:"done"`
	Unknown       []jsonOutcome `json:"unknown"`
	Declined      []jsonOutcome `json:"declined"`
	NotSent       []jsonOutcome `json:"not_sent"`
	Moved         []jsonOutcome `json:"moved"`
	NotStarted    []jsonOutcome `json:"not_started"`
	Outages       []jsonOutage  `json:"outages,omitempty"` // warnings of before the first call
}

// A jsonOutage is an acquirer that the gateway did not reach.
type jsonOutage struct {
	Acquirer    string     `json:"acquirer,omitempty"` // empty: it is not known where the actions go
	PayType     string     `json:"paytype,omitempty"`
	LastContact string     `json:"last_contact,omitempty"` // by the gateway's clock, which names no zone
	Summary     []plan.Sum `json:"summary"`
}

type jsonSum struct {
	Result string `json:"result"` // the list's name
	plan.Sum
}

type jsonOutcome struct {
	ID        string         `json:"action_id,omitempty"` // empty when no intent was made
	Address   string         `json:"address"`
	Merchant  string         `json:"merchant"`
	Transact  string         `json:"transact"`
	OrderID   string         `json:"orderid"`
	Verb      statefile.Verb `json:"action"`
	Currency  string         `json:"currency"`
	FromMinor int64          `json:"from_minor"`
	ToMinor   int64          `json:"to_minor"`
	Attempt   int            `json:"attempt"`
	Fate      apply.Fate     `json:"fate,omitempty"`
	Code      *int           `json:"code,omitempty"`
	Status    *dibs.Status   `json:"status,omitempty"`
	Payment   string         `json:"payment,omitempty"` // that a charge made
	Detail    string         `json:"detail,omitempty"`
	Behind    bool           `json:"behind,omitempty"` // the outcome is not in the ledger
	BulkFile  string         `json:"bulk_file,omitempty"`
	Waiting   bool           `json:"waiting,omitempty"` // the bulk file has no response yet
}

// ResultJSON writes what [ResultText] does, and the actions that were done,
// for programs.
func ResultJSON(w io.Writer, p *plan.Plan, r apply.Result) error {
	doc := jsonResult{FormatVersion: formatVersion, Plan: r.Plan, Mode: p.Body.Mode, Complete: r.Complete(), Summary: []jsonSum{}, BulkFiles: newJSONFiles(r.Files)}
	if !doc.Complete {
		doc.StopRule, doc.Stopped = r.Rule, r.Stopped
	}
	for _, l := range []struct {
		key     string
		results []apply.ActionResult
		into    *[]jsonOutcome
	}{{"done", r.Done, &doc.Done}, {"unknown", r.Unknown, &doc.Unknown}, {"declined", r.Declined, &doc.Declined},
		{"not_sent", r.NotSent, &doc.NotSent}, {"moved", r.Moved, &doc.Moved}, {"not_started", r.NotStarted, &doc.NotStarted}} {
		*l.into = []jsonOutcome{}
		for _, a := range l.results {
			*l.into = append(*l.into, newJSONOutcome(a))
		}
		for _, sum := range inOrder(apply.Sums(l.results)) {
			doc.Summary = append(doc.Summary, jsonSum{l.key, sum})
		}
	}
	for _, o := range r.Outages {
		doc.Outages = append(doc.Outages, jsonOutage{o.Acquirer, o.PayType, contactText(o.LastContact), o.Sums})
	}
	return writeJSON(w, doc)
}

func newJSONOutcome(r apply.ActionResult) jsonOutcome {
	a := r.Action
	return jsonOutcome{
		ID: r.ID, Address: a.Address, Merchant: a.Merchant, Transact: a.Transact, OrderID: a.OrderID, Verb: a.Verb, Currency: a.Currency,
		FromMinor: a.FromMinor, ToMinor: a.ToMinor, Attempt: a.Attempt, Fate: r.Fate, Code: r.Code, Status: r.Status, Payment: r.Payment, Detail: r.Detail, Behind: r.Behind,
		BulkFile: r.Batch, Waiting: r.Waiting,
	}
}

type jsonEvent struct {
	Time        time.Time    `json:"time"`
	Event       string       `json:"event"`
	Total       int          `json:"total,omitempty"`
	Summary     []plan.Sum   `json:"summary,omitempty"`
	Result      *jsonOutcome `json:"result,omitempty"`
	Finding     *jsonFinding `json:"finding,omitempty"`
	WaitSeconds float64      `json:"wait_seconds,omitempty"`
	Left        int          `json:"left,omitempty"`
}

type jsonFinding struct {
	ID        string       `json:"action_id"`
	Decided   bool         `json:"decided"`
	Judgement string       `json:"judgement"`
	Status    *dibs.Status `json:"status,omitempty"`
	Detail    string       `json:"detail,omitempty"`
}

var eventNames = map[apply.EventKind]string{
	apply.EventPlanned: "planned", apply.EventStarted: "started", apply.EventOutcome: "outcome",
	apply.EventWaiting: "waiting", apply.EventSettled: "settled", apply.EventConfirming: "confirming",
}

// EventJSON writes one step of an apply as one line of JSON.
func EventJSON(w io.Writer, at time.Time, e apply.Event) error {
	line := jsonEvent{Time: at.UTC(), Event: eventNames[e.Kind], Total: e.Total, Summary: e.Sums, WaitSeconds: e.Wait.Seconds(), Left: e.Left}
	switch e.Kind {
	case apply.EventStarted, apply.EventOutcome:
		result := newJSONOutcome(e.Result)
		line.Result = &result
	case apply.EventSettled:
		line.Finding = &jsonFinding{ID: e.Finding.Action.ID, Decided: e.Finding.Decided(), Judgement: e.Finding.Judgement.String(), Status: e.Finding.Status, Detail: e.Finding.Detail}
	}
	doc, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	_, err = w.Write(append(inertJSON(doc), '\n'))
	return err
}

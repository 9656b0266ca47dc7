package report

import (
	"io"
	"time"

	"flexform/apply"
	"flexform/dibs"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

type jsonResult struct {
	FormatVersion string `json:"format_version"`
	jsonEnding
	Done       []jsonOutcome `json:"done"`
	Unknown    []jsonOutcome `json:"unknown"`
	Declined   []jsonOutcome `json:"declined"`
	NotSent    []jsonOutcome `json:"not_sent"`
	Moved      []jsonOutcome `json:"moved"`
	NotStarted []jsonOutcome `json:"not_started"`
	Outages    []jsonOutage  `json:"outages,omitempty"` // warnings of before the first call
}

// A jsonEnding is how an apply ended, without its actions.
type jsonEnding struct {
	Plan     string      `json:"plan"` // digest; empty when it came to none
	Mode     schema.Mode `json:"mode,omitempty"`
	Finished bool        `json:"finished"` // false while the apply runs, and for ever when it was killed
	Complete bool        `json:"complete"` // every action happened
	ExitCode *int        `json:"exit_code,omitempty"`
	Error    string      `json:"error,omitempty"`
	StopRule apply.Rule  `json:"stop_rule,omitempty"`
	Stopped  string      `json:"stopped,omitempty"`
	Ledger   *plan.Head  `json:"ledger,omitempty"` // where it ends now
	jsonBroken
	Summary []jsonSum  `json:"summary"` // of every list, by list, currency, action
	Files   []jsonFile `json:"bulk_files,omitempty"`
}

// A jsonBroken says that a plan went past its approvals.
type jsonBroken struct {
	BreakGlass string `json:"break_glass,omitempty"` // why
	BrokenBy   string `json:"broken_by,omitempty"`   // who signed that
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

// ResultJSONBegin is how every file of [ResultJSON] begins.
const ResultJSONBegin = "{\n  \"format_version\": \"1.0\",\n  \"plan\": \""

// An Ending is how an apply ended: what became of its plan, and what the
// command said about it.
type Ending struct {
	Plan     *plan.Plan // nil when the apply did not come to one
	Result   apply.Result
	Finished bool // the apply is over; the other fields but Plan mean nothing before
	ExitCode int
	Error    string    // what the command says beyond the result; empty when nothing
	Ledger   plan.Head // the ledger's end; zero when there is none
	At       time.Time
}

// Complete reports whether there was a plan, and every action of it happened.
func (e Ending) Complete() bool { return e.Finished && e.Plan != nil && e.Result.Complete() }

// A namedResults is one of the lists of an apply's result, named for programs.
type namedResults struct {
	key     string
	results []apply.ActionResult
}

func resultLists(r apply.Result) []namedResults {
	return []namedResults{{"done", r.Done}, {"unknown", r.Unknown}, {"declined", r.Declined}, {"not_sent", r.NotSent}, {"moved", r.Moved}, {"not_started", r.NotStarted}}
}

// ResultJSON writes what [ResultText] does, and the actions that were done,
// for programs.
func ResultJSON(w io.Writer, e Ending) error {
	doc := jsonResult{FormatVersion: formatVersion, jsonEnding: newJSONEnding(e)}
	for i, into := range []*[]jsonOutcome{&doc.Done, &doc.Unknown, &doc.Declined, &doc.NotSent, &doc.Moved, &doc.NotStarted} {
		*into = []jsonOutcome{}
		for _, a := range resultLists(e.Result)[i].results {
			*into = append(*into, newJSONOutcome(a))
		}
	}
	for _, o := range e.Result.Outages {
		doc.Outages = append(doc.Outages, newJSONOutage(o))
	}
	return writeJSON(w, doc)
}

func newJSONEnding(e Ending) jsonEnding {
	doc := jsonEnding{Finished: e.Finished, Complete: e.Complete(), Error: e.Error, Summary: []jsonSum{}, Files: newJSONFiles(e.Result.Files)}
	if e.Plan != nil {
		doc.Plan, doc.Mode = e.Plan.Digest, e.Plan.Body.Mode
	}
	if !e.Finished {
		doc.Stopped = unfinished
		return doc
	}
	doc.ExitCode = &e.ExitCode
	doc.jsonBroken = jsonBroken{e.Result.BreakGlass, e.Result.BrokenBy}
	if !doc.Complete {
		doc.StopRule, doc.Stopped = e.Result.Rule, e.Result.Stopped
	}
	if e.Ledger != (plan.Head{}) {
		doc.Ledger = &e.Ledger
	}
	for _, l := range resultLists(e.Result) {
		for _, sum := range inOrder(apply.Sums(l.results)) {
			doc.Summary = append(doc.Summary, jsonSum{l.key, sum})
		}
	}
	return doc
}

func newJSONOutage(o apply.Outage) jsonOutage {
	return jsonOutage{o.Acquirer, o.PayType, contactText(o.LastContact), o.Sums}
}

func newJSONOutcome(r apply.ActionResult) jsonOutcome {
	a := r.Action
	return jsonOutcome{
		ID: r.ID, Address: a.Address, Merchant: a.Merchant, Transact: a.Transact, OrderID: a.OrderID, Verb: a.Verb, Currency: a.Currency,
		FromMinor: a.FromMinor, ToMinor: a.ToMinor, Attempt: a.Attempt, Fate: r.Fate, Code: r.Code, Status: r.Status, Payment: r.Payment, Detail: r.Detail, Behind: r.Behind,
		BulkFile: r.Batch, Waiting: r.Waiting,
	}
}

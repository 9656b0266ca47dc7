package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"flexform/apply"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// flat puts a text on one line.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// What became of a bulk file is said once, with what to do; its rows that have
// no answer are counted and not listed with a command that would be wrong.
func TestResultOfBulkFiles(t *testing.T) {
	a := action(1, statefile.Refund, 0, 5000, "recall")
	p := newPlan(schema.ModeLive, []plan.Action{a})
	row := apply.ActionResult{Action: a, ID: "12345678/11111111/refund/0-5000/DKK#1", Batch: "refund271126_01"}
	file := apply.BatchFinding{Name: "refund271126_01", Merchant: shopID}
	for name, tt := range map[string]struct {
		result apply.Result
		change func(*apply.BatchFinding)
		want   []string
		not    []string
	}{
		"waiting": {
			apply.Result{Unknown: []apply.ActionResult{with(row, apply.FateUnknown, true)}},
			func(f *apply.BatchFinding) {
				f.Stage, f.Detail, f.Open = apply.StageWaiting, "it is released, and the response is not there yet", 1
			},
			[]string{"Bulk file refund271126_01, merchant 12345678: waiting for the response (1 row, 1 without an answer)",
				"It is released, and the response is not there yet. Money may have moved, and nothing is sent again.", "flexform apply --via bulk", "0 done, 1 unknown."},
			[]string{"flexform resolve", "order 11223344"},
		},
		"answered, a row lacks": {
			apply.Result{Unknown: []apply.ActionResult{with(row, apply.FateUnknown, false)}},
			func(f *apply.BatchFinding) {
				f.Stage, f.Unknown, f.Problems = apply.StageAnswered, 1, []string{"line 7: \x1b[2J"}
			},
			[]string{"answered (1 row, 1 unknown)", "Look at the response: line 7:", "flexform resolve", "order 11223344, bulk file refund271126_01"},
			[]string{"\x1b[2J", "apply --via bulk"},
		},
		"taken back": {
			apply.Result{NotSent: []apply.ActionResult{with(row, apply.FateNotSent, false)}},
			func(f *apply.BatchFinding) {
				f.Stage, f.Detail, f.NotSent = apply.StageNotSent, "upload rows: connection cut; the bulk file was never released", 1
			},
			[]string{"never released (1 row, 1 not sent)", "Upload rows: connection cut", "the name is not used again"},
			[]string{"apply --via bulk"},
		},
	} {
		f := file
		tt.change(&f)
		tt.result.Plan, tt.result.Files = p.Digest, []apply.BatchFinding{f}
		var text bytes.Buffer
		if err := ResultText(&text, p, tt.result, Style{}); err != nil {
			t.Fatal(err)
		}
		for _, want := range tt.want {
			if !strings.Contains(flat(text.String()), want) {
				t.Errorf("%s: want %q in\n%s", name, want, &text)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(text.String(), not) {
				t.Errorf("%s: want no %q in\n%s", name, not, &text)
			}
		}
		var doc struct {
			BulkFiles []jsonFile    `json:"bulk_files"`
			Unknown   []jsonOutcome `json:"unknown"`
		}
		var data bytes.Buffer
		if err := ResultJSON(&data, ending(p, tt.result, 0)); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data.Bytes(), &doc); err != nil || len(doc.BulkFiles) != 1 || doc.BulkFiles[0].Stage != f.Stage || doc.BulkFiles[0].Open != f.Open {
			t.Errorf("%s: %v, %+v", name, err, doc)
		}
		for _, u := range doc.Unknown {
			if u.BulkFile != "refund271126_01" || u.Waiting != (f.Open > 0) {
				t.Errorf("%s: %+v", name, u)
			}
		}
	}
}

func with(r apply.ActionResult, fate apply.Fate, waiting bool) apply.ActionResult {
	r.Fate, r.Waiting, r.Detail = fate, waiting, "because"
	return r
}

func TestStatusOfBulkFiles(t *testing.T) {
	use := statefile.BatchUse{Batch: statefile.Batch{Name: "refund271126_01", Merchant: shopID, Rows: 500}, Open: 499, Seq: 3, At: noon, Releasing: 7}
	for name, tt := range map[string]struct {
		file FileStatus
		want string
	}{
		"about to be": {FileStatus{BatchUse: use, Server: "uploaded"}, "By the ledger it was about to be released, so money may have moved. The server shows it as uploaded."},
		"released":    {FileStatus{BatchUse: released(use), Server: "released"}, "it was released, so money may have moved. The server shows it as released."},
		"unread":      {FileStatus{BatchUse: released(use), Err: errors.New("refused\x1b")}, `The server could not be asked: refused\x1b.`},
	} {
		waiting := statefile.Action{ID: "a", Batch: use.Name, State: statefile.ActionOpen}
		status := Status{Mode: schema.ModeLive, Files: []FileStatus{tt.file}, Undecided: []statefile.Action{waiting}}
		var text bytes.Buffer
		if err := StatusText(&text, status, Style{}); err != nil {
			t.Fatal(err)
		}
		got := flat(text.String())
		if !strings.Contains(got, "Bulk file refund271126_01 of merchant 12345678: 499 of 500 rows without an answer") || !strings.Contains(got, tt.want) || strings.Contains(got, "flexform resolve") {
			t.Errorf("%s: want %q in\n%s", name, tt.want, &text)
		}
	}
}

func released(u statefile.BatchUse) statefile.BatchUse { u.Released = 8; return u }

func TestProgressOfBulkFiles(t *testing.T) {
	f := apply.BatchFinding{Name: "refund271126_01", Open: 3}
	waiting := f
	waiting.Stage, waiting.Detail = apply.StageWaiting, "it is released"
	for want, e := range map[string]apply.Event{
		"reading 3 transactions for a bulk file":                            {Batch: apply.BatchFinding{Open: 3}},
		"sending bulk file refund271126_01 with 3 rows":                     {Batch: f},
		"bulk file refund271126_01: it is released; looking again in 1m30s": {Batch: waiting, Wait: 90 * time.Second},
	} {
		e.Kind = apply.EventBulk
		var out bytes.Buffer
		NewProgress(&out, func() time.Time { return noon }, ProgressOptions{}).Event(e)
		if out.String() != want+"\n" {
			t.Errorf("progress %q, want %q", &out, want)
		}
	}
}

func TestHistoryOfBulkFiles(t *testing.T) {
	intent, _ := intentOf(1, statefile.Refund, 0, 5000, 1)
	intent.Batch = "refund271126_01"
	for want, e := range map[string]statefile.Entry{
		"bulk file refund271126_01 of merchant 12345678, 500 rows, sha256:aa, of plan 3f2a91c04d17": {Batch: &statefile.Batch{Name: "refund271126_01", Plan: digestA, Merchant: shopID, Rows: 500, Digest: "sha256:aa"}},
		"order 11223344, in batch refund271126_01":                                                  {Intent: &intent},
		"bulk file refund271126_01: its run file is about to be made":                               {Releasing: &statefile.Releasing{Batch: "refund271126_01"}},
		"bulk file refund271126_01: the gateway has it":                                             {Released: &statefile.Released{Batch: "refund271126_01"}},
	} {
		if _, _, text := entryText(e); !strings.Contains(text, want) {
			t.Errorf("history %q, want %q", text, want)
		}
	}
}

func TestSettledBulkFiles(t *testing.T) {
	var text bytes.Buffer
	s := apply.Settled{Files: []apply.BatchFinding{{Name: "refund271126_01", Merchant: shopID, Stage: apply.StageAnswered, Accepted: 498, Declined: 2}}}
	if err := Settled(&text, s, Style{}); err != nil {
		t.Fatal(err)
	}
	if want := "Earlier runs left 1 bulk file without an answer. Bulk file refund271126_01, merchant 12345678: answered (500 rows, 498 accepted, 2 declined)"; flat(text.String()) != want {
		t.Errorf("got %q, want %q", flat(text.String()), want)
	}
}

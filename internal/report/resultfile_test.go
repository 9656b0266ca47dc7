package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/apply"
	"flexform/plan"
	"flexform/statefile"
)

// forms are those of a result file.
var forms = map[string]struct {
	begin string
	write func(io.Writer, Ending) error
}{
	"json": {ResultJSONBegin, ResultJSON},
	"xml":  {ResultJUnitBegin, ResultJUnit},
	"csv":  {ResultCSVBegin, ResultCSV},
}

// endings are the ways in which an apply can end, and one that did not.
func endings() map[string]Ending {
	mixed, result := mixedResult()
	result.NotStarted = result.NotStarted[:1]
	done := newPlan("sandbox", threeActions()[:1])
	refused := newPlan("test", threeActions())
	held := newPlan("sandbox", nil, blockedSample()...)
	noPlan := Ending{Finished: true, ExitCode: 1, Error: "read plan: x.json is no plan\n\n  flexform plan", At: noon}
	noPlan.Result.Rule, noPlan.Result.Stopped = apply.StopRefused, noPlan.Error
	return map[string]Ending{
		"mixed":      ending(mixed, result, 4),
		"done":       ending(done, apply.Result{Plan: done.Digest, Done: []apply.ActionResult{outcome(done.Body.Actions[0], apply.FateSettled, 0, "")}}, 0),
		"refused":    {Plan: refused, Result: apply.Refused(refused, apply.StopRefused, fmt.Errorf("it is expired")), Finished: true, ExitCode: 3, Error: "it is expired", At: noon},
		"nothing":    ending(newPlan("sandbox", nil), apply.Result{Plan: digestA}, 0),
		"held":       ending(held, apply.Result{Plan: digestA}, 3),
		"no-plan":    noPlan,
		"unfinished": {At: noon},
	}
}

func TestResultFiles(t *testing.T) {
	for name, e := range endings() {
		for ending, form := range forms {
			var b strings.Builder
			if err := form.write(&b, e); err != nil {
				t.Fatalf("%s.%s: %v", name, ending, err)
			}
			if !strings.HasPrefix(b.String(), form.begin) {
				t.Errorf("%s.%s does not begin with %q, and the next apply would not replace it:\n%s", name, ending, form.begin, b.String())
			}
			if ending != "json" || name == "no-plan" || name == "unfinished" {
				golden(t, "result-"+name+"."+ending, b.String())
			}
			if err := form.write(&brokenWriter{left: 5}, e); err == nil {
				t.Errorf("%s.%s: no error of its writer", name, ending)
			}
		}
	}
}

// Every form has the same actions, each once, and the counts of its own rows.
func TestResultFilesAgree(t *testing.T) {
	for name, e := range endings() {
		lists := map[string]int{}
		for _, l := range resultLists(e.Result) {
			lists[l.key] = len(l.results)
		}
		var doc struct {
			Done, Unknown, Declined, Moved []any
			NotSent                        []any `json:"not_sent"`
			NotStarted                     []any `json:"not_started"`
			Finished, Complete             bool
			Plan                           string
		}
		var data bytes.Buffer
		if err := ResultJSON(&data, e); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data.Bytes(), &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := map[string]int{"done": len(doc.Done), "unknown": len(doc.Unknown), "declined": len(doc.Declined), "not_sent": len(doc.NotSent), "moved": len(doc.Moved), "not_started": len(doc.NotStarted)}
		if diff := cmp.Diff(lists, got); diff != "" {
			t.Errorf("%s.json (-want +got):\n%s", name, diff)
		}
		if doc.Complete && (!e.Finished || e.Plan == nil) {
			t.Errorf("%s.json is complete", name)
		}

		data.Reset()
		if err := ResultCSV(&data, e); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&data).ReadAll()
		if err != nil {
			t.Fatalf("%s.csv: %v", name, err)
		}
		got = map[string]int{}
		for key := range lists {
			got[key] = 0
		}
		for _, row := range rows[1:] {
			if _, ok := lists[row[0]]; ok {
				got[row[0]]++
			}
		}
		if diff := cmp.Diff(lists, got); diff != "" {
			t.Errorf("%s.csv (-want +got):\n%s", name, diff)
		}

		data.Reset()
		if err := ResultJUnit(&data, e); err != nil {
			t.Fatal(err)
		}
		suites := parseJUnit(t, data.Bytes())
		want := junitTally{Failures: lists["declined"] + lists["not_sent"], Errors: lists["unknown"], Skipped: lists["moved"] + lists["not_started"]}
		want.Tests = want.Failures + want.Errors + want.Skipped + lists["done"]
		if wrong := !e.Finished || e.ExitCode != 0; wrong && want.Failures+want.Errors == 0 {
			want.Tests, want.Errors = want.Tests+1, want.Errors+1
		} else if want.Tests == 0 {
			want.Tests++
		}
		if suites.junitTally != want || suites.Suite.junitTally != want || len(suites.Suite.Cases) != want.Tests {
			t.Errorf("%s.xml has %+v, its suite %+v, %d cases; want %+v", name, suites.junitTally, suites.Suite.junitTally, len(suites.Suite.Cases), want)
		}
		seen := map[string]bool{}
		for _, c := range suites.Suite.Cases {
			if key := c.Class + " " + c.Name; seen[key] {
				t.Errorf("%s.xml has two cases %s", name, key)
			} else {
				seen[key] = true
			}
		}
	}
}

func parseJUnit(t testing.TB, data []byte) (s junitSuites) {
	t.Helper()
	if err := xml.Unmarshal(data, &s); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return s
}

// Whatever stands in data, the files are read as what they are (R66, R68).
func FuzzResultFiles(f *testing.F) {
	for _, text := range []string{"order 1", "]]></failure>", "\x00\x1b[2J\ufffe", "=cmd|' /C calc'!A0", "\u202e\x85", "a,\"b\r\nc", "\xff"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, order, detail string) {
		a := action(1, statefile.Refund, 0, 5000, "x")
		a.OrderID, a.Address = order, "transaction.x["+order+"]"
		p := newPlan("live", []plan.Action{a})
		r := apply.ActionResult{Action: a, ID: "12345678/11111111/refund/0-5000/DKK#1", Fate: apply.FateDeclined, Detail: detail}
		e := ending(p, apply.Result{Plan: p.Digest, Declined: []apply.ActionResult{r}}, 1)
		for name, form := range forms {
			var b bytes.Buffer
			if err := form.write(&b, e); err != nil {
				t.Fatal(err)
			}
			for _, r := range b.String() {
				if r != '\n' && r != '\r' && (r < ' ' || r >= 0x7f && !proseRune(r, 0, false)) {
					t.Errorf("%q is raw in the %s:\n%q", r, name, b.String())
				}
			}
			switch name {
			case "xml":
				s := parseJUnit(t, b.Bytes())
				if len(s.Suite.Cases) != 1 || s.Suite.Cases[0].Failure == nil || s.Suite.Cases[0].Class != Ident(a.Address) {
					t.Errorf("cases %+v of %q", s.Suite.Cases, b.String())
				}
			case "csv":
				rows, err := csv.NewReader(&b).ReadAll()
				if err != nil || len(rows) != 2 {
					t.Fatalf("%d rows, %v", len(rows), err)
				}
				for _, cell := range rows[1] {
					if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") {
						t.Errorf("a spreadsheet would run %q", cell)
					}
				}
			case "json":
				if !json.Valid(b.Bytes()) {
					t.Errorf("no JSON: %q", b.String())
				}
			}
		}
	})
}

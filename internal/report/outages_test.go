package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/apply"
	"flexform/plan"
	"flexform/statefile"
)

func outages() []apply.Outage {
	sum := func(verb statefile.Verb, n int, minor int64) plan.Sum {
		return plan.Sum{Currency: "DKK", Verb: verb, Count: n, Minor: minor, LargestMinor: minor}
	}
	return []apply.Outage{
		{Acquirer: "NETS\x1b[2J", LastContact: time.Date(2026, 11, 27, 0, 10, 0, 0, time.UTC), Sums: []plan.Sum{sum(statefile.Refund, 2, 12000), sum(statefile.Capture, 1, 20000)}},
		{Acquirer: "SWED", Sums: []plan.Sum{sum(statefile.Cancel, 1, 8000)}},
		{PayType: "VISA", Sums: []plan.Sum{sum(statefile.Refund, 1, 100)}},
		{Sums: []plan.Sum{sum(statefile.Refund, 1, 100)}},
	}
}

func TestOutages(t *testing.T) {
	var b bytes.Buffer
	if err := Outages(&b, outages(), Style{}); err != nil {
		t.Fatal(err)
	}
	want := `
Warning: the gateway does not reach every acquirer now. Calls that need one that is down may be declined, or end as unknown. DIBS calls this sign not fully reliable, so nothing is held back; waiting is safe.

  Acquirer NETS\x1b[2J is down (last reached 2026-11-27 00:10 by the gateway's clock): 1 capture, 200.00 DKK; 2 refunds, 120.00 DKK.
  Acquirer SWED is down: 1 cancel, 80.00 DKK.
  Perhaps, as only their paytype VISA is known: 1 refund, 1.00 DKK.
  Perhaps, as nothing of their way is known: 1 refund, 1.00 DKK.

`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("Outages (-want +got):\n%s", diff)
	}
	b.Reset()
	if err := Outages(&b, nil, Style{}); err != nil || b.Len() > 0 {
		t.Errorf("Outages(none) = %q, %v", b.String(), err)
	}
}

func TestOutagesInTheResult(t *testing.T) {
	var b bytes.Buffer
	p := &plan.Plan{}
	if err := ResultJSON(&b, ending(p, apply.Result{}, 0)); err != nil || strings.Contains(b.String(), "outages") {
		t.Errorf("ResultJSON without any: %s, %v", b.String(), err)
	}
	b.Reset()
	if err := ResultJSON(&b, ending(p, apply.Result{Outages: outages()[1:3]}, 0)); err != nil {
		t.Fatal(err)
	}
	var doc struct{ Outages json.RawMessage }
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, doc.Outages); err != nil {
		t.Fatal(err)
	}
	want := `[{"acquirer":"SWED","summary":[{"currency":"DKK","action":"cancel","count":1,"minor":8000,"largest_minor":8000}]},{"paytype":"VISA","summary":[{"currency":"DKK","action":"refund","count":1,"minor":100,"largest_minor":100}]}]`
	if diff := cmp.Diff(want, compact.String()); diff != "" {
		t.Errorf("outages (-want +got):\n%s", diff)
	}
}

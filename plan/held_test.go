package plan

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/statefile"
)

// R13: what an unknown action holds is in the plan, whether its transaction is
// declared or not, and comes back out of the file as it went in.
func TestHeld(t *testing.T) {
	step := statefile.Step{Key: statefile.Key{Merchant: "12345678", Transact: "11111111"}, Verb: statefile.Refund, From: dkk(t, 5000), To: dkk(t, 8000)}
	gone := statefile.Step{Key: statefile.Key{Merchant: "12345678", Transact: "270000544"}, Verb: statefile.Delete}
	row := step
	row.Transact, row.From = "11111112", dkk(t, 0)
	held := HeldBy([]statefile.Action{
		{ID: statefile.ActionID(step, 1), Step: step, State: statefile.ActionUnknown, Address: "transaction.a"},
		{ID: statefile.ActionID(row, 1), Step: row, State: statefile.ActionOpen, Address: `transaction.b["x"]`, Batch: "refund271126_01"},
		{ID: statefile.ActionID(gone, 1), Step: gone, State: statefile.ActionOpen, Address: "ticket.c"},
	})
	want := []Held{
		{Action: "12345678/11111111/refund/5000-8000/DKK#1", Address: "transaction.a", Merchant: "12345678", Transact: "11111111", Verb: statefile.Refund, Currency: "DKK", Minor: 3000},
		{Action: "12345678/11111112/refund/0-8000/DKK#1", Address: `transaction.b["x"]`, Merchant: "12345678", Transact: "11111112", Verb: statefile.Refund, Currency: "DKK", Minor: 8000, Batch: "refund271126_01"},
		{Action: "12345678/270000544/delete#1", Address: "ticket.c", Merchant: "12345678", Transact: "270000544", Verb: statefile.Delete},
	}
	if diff := cmp.Diff(want, held); diff != "" {
		t.Fatalf("HeldBy mismatch (-want +got):\n%s", diff)
	}
	sums := []Sum{{Verb: statefile.Delete, Count: 1}, {Currency: "DKK", Verb: statefile.Refund, Count: 2, Minor: 11000, LargestMinor: 8000}}
	if diff := cmp.Diff(sums, SumHeld(held)); diff != "" {
		t.Errorf("SumHeld mismatch (-want +got):\n%s", diff)
	}
	if got := held[1].Command(); !strings.HasPrefix(got, "flexform resolve refund271126_01 --outcome") {
		t.Errorf("Command of a row = %q, want it for the whole file", got)
	}

	p := sealWith(t, held)
	if !p.Unknown() || sealWith(t, nil).Unknown() != (p.Envelope.Counts.Unknown > 0) {
		t.Errorf("Unknown() does not follow what is held")
	}
	file := encode(t, p)
	again, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(held, again.Envelope.Held); diff != "" {
		t.Errorf("Decode: held mismatch (-want +got):\n%s", diff)
	}
	if p.Digest != sealWith(t, nil).Digest {
		t.Errorf("what is held changes the digest: a plan would be another one for what it does not touch")
	}
}

// A list that is left out when empty has one form only, and what no ledger can
// hold is no plan.
func TestHeldIsStrict(t *testing.T) {
	file := encode(t, sealWith(t, nil))
	at := bytes.Index(file, []byte(`    "positions": `))
	crafted := append(append(append([]byte{}, file[:at]...), "    \"held\": [],\n"...), file[at:]...)
	if _, err := Decode(reseal(crafted)); err == nil {
		t.Errorf("Decode took an empty list that Encode leaves out")
	}
	good := Held{Action: "x", Merchant: "1", Transact: "2", Verb: statefile.Refund, Currency: "DKK", Minor: 1}
	for name, change := range map[string]func(*Held){
		"no action":         func(h *Held) { h.Action = "" },
		"no verb":           func(h *Held) { h.Verb = "credit" },
		"no currency":       func(h *Held) { h.Currency = "" },
		"another spelling":  func(h *Held) { h.Currency = "208" },
		"less than nothing": func(h *Held) { h.Minor = -1 },
		"no UTF-8":          func(h *Held) { h.Address = "\xff" },
	} {
		h := good
		change(&h)
		p := sample(t)
		p.Envelope.Held = []Held{h}
		var format *FormatError
		if _, err := Seal(draftOf(p), p.Envelope); !errors.As(err, &format) {
			t.Errorf("%s: Seal = %v, want a *FormatError", name, err)
		}
	}
}

func draftOf(p *Plan) Draft {
	return Draft{Body: p.Body, Counts: p.Envelope.Counts, Positions: p.Envelope.Positions}
}

func sealWith(t *testing.T, held []Held) *Plan {
	t.Helper()
	p := sample(t)
	p.Envelope.Held = held
	sealed, err := Seal(draftOf(p), p.Envelope)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

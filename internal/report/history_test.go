package report

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"flexform/statefile"
)

var actor = statefile.Actor{User: "jensen", Host: "ci-7", PID: 412}

func intentOf(a int, verb statefile.Verb, from, to int64, attempt int) (statefile.Intent, string) {
	p := action(a, verb, from, to, "RMA 4411\x1b[2J")
	p.Attempt = attempt
	step, err := p.Step()
	if err != nil {
		panic(err)
	}
	return statefile.Intent{
		Action: statefile.ActionID(step, attempt), Plan: digestA, Address: p.Address, Merchant: p.Merchant, Transact: p.Transact, OrderID: p.OrderID,
		Verb: verb, Currency: p.Currency, AmountMinor: p.AmountMinor, FromMinor: from, ToMinor: to, Attempt: attempt, Class: string(p.Class), Status: 5, Reason: p.Reason,
	}, statefile.ActionID(step, attempt)
}

// sampleEntries has one entry of every kind and outcome.
func sampleEntries() []statefile.Entry {
	refund, refundID := intentOf(1, statefile.Refund, 5000, 8000, 2)
	cancel, cancelID := intentOf(2, statefile.Cancel, 0, 20000, 1)
	capture, captureID := intentOf(3, statefile.Capture, 0, 20000, 1)
	four, zero, status := 4, 0, 8
	entries := []statefile.Entry{
		{Kind: statefile.KindCreated, Created: &statefile.Created{FormatVersion: "1.0", Ledger: "5d41402a"}},
		{Kind: statefile.KindBegin, Begin: &statefile.Begin{Plan: digestA, Mode: "live", Actions: 3, Actor: actor, Commit: "5d41402abc", Author: "A. Jensen <a@example.org>", Version: "0.1.0"}},
		{Kind: statefile.KindIntent, Intent: &refund},
		{Kind: statefile.KindOutcome, Outcome: &statefile.Outcome{Action: refundID, Result: statefile.Declined, Code: &four, Message: "do not honour\u202e"}},
		{Kind: statefile.KindIntent, Intent: &cancel},
		{Kind: statefile.KindOutcome, Outcome: &statefile.Outcome{Action: cancelID, Result: statefile.NotSent, Message: "dial tcp: timeout"}},
		{Kind: statefile.KindIntent, Intent: &capture},
		{Kind: statefile.KindOutcome, Outcome: &statefile.Outcome{Action: captureID, Result: statefile.Accepted, Code: &zero}},
		{Kind: statefile.KindOutcome, Outcome: &statefile.Outcome{Action: "odd\x1b", Result: statefile.Unknown, Message: "no reply"}},
		{Kind: statefile.KindEnd, End: &statefile.End{Plan: digestA, Accepted: 1, Declined: 1, NotSent: 1}},
		{Kind: statefile.KindObserved, Observed: &statefile.Observed{Merchant: shopID, Transact: "11111113", Status: 5, Action: captureID, Verdict: statefile.VerdictSettled}},
		{Kind: statefile.KindObserved, Observed: &statefile.Observed{Merchant: shopID, Transact: "11111113", Status: 5}},
		{Kind: statefile.KindAdopted, Adopted: &statefile.Adopted{Address: "transaction.order_1001", Merchant: shopID, Transact: "11111111", OrderID: "11223344",
			Currency: "DKK", AmountMinor: 20000, CapturedMinor: 20000, RefundedMinor: 5000, Status: 8, Evidence: "back-office", Actor: actor}},
		{Kind: statefile.KindResolved, Resolved: &statefile.Resolved{Action: refundID, Done: true, Status: &status, Evidence: "settlement report, line 17", Actor: actor}},
		{Kind: "later", Hash: "sha256:aa"},
	}
	for i := range entries {
		entries[i].Seq, entries[i].Time = uint64(i+1), noon.Add(time.Duration(i)*time.Second)
	}
	return entries
}

func sequence(entries []statefile.Entry, err error) iter.Seq2[statefile.Entry, error] {
	return func(yield func(statefile.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(statefile.Entry{}, err)
		}
	}
}

func TestHistory(t *testing.T) {
	var b strings.Builder
	if err := HistoryText(&b, sequence(sampleEntries(), nil), Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "history.txt", b.String())
	b.Reset()
	if err := HistoryJSON(&b, sequence(sampleEntries(), nil)); err != nil {
		t.Fatal(err)
	}
	golden(t, "history.jsonl", b.String())
	b.Reset()
	if err := HistoryText(&b, sequence(nil, nil), Style{}); err != nil || b.String() != "The ledger holds nothing about that.\n" {
		t.Errorf("HistoryText of nothing = %q, %v", b.String(), err)
	}
}

// A ledger that does not verify is shown up to there, and the error is not lost.
func TestHistoryOfDamagedLedger(t *testing.T) {
	damage := errors.New("entry 16 does not verify")
	for name, write := range map[string]func(*strings.Builder) error{
		"text": func(b *strings.Builder) error { return HistoryText(b, sequence(sampleEntries(), damage), Style{}) },
		"json": func(b *strings.Builder) error { return HistoryJSON(b, sequence(sampleEntries(), damage)) },
	} {
		var b strings.Builder
		if err := write(&b); !errors.Is(err, damage) {
			t.Errorf("%s: error %v, want %v", name, err, damage)
		}
		if n := strings.Count(b.String(), "\n"); n != len(sampleEntries()) {
			t.Errorf("%s: %d lines, want %d", name, n, len(sampleEntries()))
		}
	}
}

func TestActionText(t *testing.T) {
	tests := map[string]string{
		"12345678/11111111/refund/5000-8000/DKK#1": "refund 50.00 -> 80.00 DKK of 11111111",
		"12345678/11111111/capture/0-500/JPY#12":   "capture 0 -> 500 JPY of 11111111, attempt 12",
		"12345678/11111111/cancel/0-500/DKK#1":     "cancel of 11111111 (5.00 DKK)",
		"12345678/11111111/refund/5000-8000/DKK":   "refund 50.00 -> 80.00 DKK of 11111111, attempt ",
		"a/b/steal/1-2/DKK#1":                      "a/b/steal/1-2/DKK#1",
		"a/b/refund/1-x/DKK#1":                     "a/b/refund/1-x/DKK#1",
		"a/b/refund/1-2/XXX#1":                     "a/b/refund/1-2/XXX#1",
		"\x1b/\n":                                  `\x1b/\n`,
	}
	for id, want := range tests {
		if got := ActionText(id); got != want {
			t.Errorf("ActionText(%q) = %q, want %q", id, got, want)
		}
	}
}

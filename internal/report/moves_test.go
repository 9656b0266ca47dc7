package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"flexform/statefile"
)

// sampleMoves have one of every kind, with text in every field.
func sampleMoves(text string) Moves {
	state, err := statefile.Fold(statefile.Begin{Plan: digestA, Mode: "live", Actions: 1, Actor: actor, Version: "0.1.0"})
	if err != nil {
		panic(err)
	}
	who := statefile.Actor{User: text, Host: text, PID: 4711}
	intent, id := intentOf(1, statefile.Refund, 5000, 8000, 2)
	intent.Address, intent.Transact, intent.OrderID, intent.Merchant, intent.Reason, intent.Batch = text, text, text, text, text, text
	four := 4
	entry := func(seq uint64, e statefile.Entry) *statefile.Entry {
		e.Seq, e.Time, e.Hash = seq, noon, digestA
		return &e
	}
	begin := entry(2, statefile.Entry{Kind: statefile.KindBegin, Begin: &statefile.Begin{Plan: text, Mode: "live", Actor: who, Commit: text, Author: text, Version: text, Approvers: text}})
	h := Moves{Path: text, Filter: []string{Visible(text)}, History: &statefile.History{State: state, Head: *entry(9, statefile.Entry{})}}
	h.Chosen = []statefile.Move{
		{Entry: *entry(3, statefile.Entry{Kind: statefile.KindIntent, Intent: &intent}), Begin: begin,
			Answer: entry(4, statefile.Entry{Kind: statefile.KindOutcome, Outcome: &statefile.Outcome{Action: id, Result: statefile.Unknown, Code: &four, Message: text, Reply: text, Payment: text}}),
			Later: []statefile.Entry{
				*entry(5, statefile.Entry{Kind: statefile.KindObserved, Observed: &statefile.Observed{Transact: text, Status: 8, Action: id, Verdict: statefile.VerdictDone, Payment: text}}),
				*entry(6, statefile.Entry{Kind: statefile.KindResolved, Resolved: &statefile.Resolved{Action: id, Done: true, Evidence: text, Actor: who}}),
			},
			Action: &statefile.Action{ID: id, State: statefile.ActionAccepted}},
		{Entry: *entry(7, statefile.Entry{Kind: statefile.KindCalled, Called: &statefile.Called{Service: text, Merchant: text, Transact: text, Parameters: text, Actor: who, Version: text}}),
			Answer: entry(8, statefile.Entry{Kind: statefile.KindAnswered, Answered: &statefile.Answered{Call: 7, Result: statefile.Accepted, Message: text, Reply: text}})},
		{Entry: *entry(9, statefile.Entry{Kind: statefile.KindAdopted, Adopted: &statefile.Adopted{Address: text, Merchant: text, Transact: text, OrderID: text,
			Currency: "DKK", AmountMinor: 20000, CapturedMinor: 20000, RefundedMinor: 5000, Status: 8, Evidence: text, Actor: who}})},
		{Entry: *entry(10, statefile.Entry{Kind: statefile.KindIntent, Intent: &intent}), Begin: begin, Action: &statefile.Action{ID: id, State: statefile.ActionOpen}},
	}
	return h
}

func movesOf(t *testing.T, h Moves, write func(io.Writer, Moves) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b, h); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func plainMoves(w io.Writer, h Moves) error { return MovesText(w, h, Style{Width: 100}) }

func TestMoves(t *testing.T) {
	h := sampleMoves("RMA 4411")
	golden(t, "moves.txt", movesOf(t, h, plainMoves))
	golden(t, "moves.csv", movesOf(t, h, MovesCSV))
	golden(t, "moves.json", movesOf(t, h, MovesJSON))
	page := movesOf(t, h, MovesHTML)
	golden(t, "moves.html", content(page))
	if !strings.HasPrefix(page, MovesHTMLBegin) {
		t.Errorf("the page begins with %q", page[:80])
	}
	empty := Moves{Path: "shop/flexform.ledger", History: &statefile.History{State: &statefile.State{}}}
	for name, write := range map[string]func(io.Writer, Moves) error{"text": plainMoves, "page": MovesHTML, "table": MovesCSV} {
		if out := movesOf(t, empty, write); out == "" {
			t.Errorf("%s of no moves is empty", name)
		}
	}
}

// R66, R68, R69: whatever a ledger holds, it stays in its place.
func TestMovesInjection(t *testing.T) {
	plainPage := content(movesOf(t, sampleMoves("PWN"), MovesHTML))
	for _, payload := range payloads(t) {
		h := sampleMoves(payload)
		page := content(movesOf(t, h, MovesHTML))
		table := movesOf(t, h, MovesCSV)
		for form, out := range map[string]string{"text": movesOf(t, h, plainMoves), "JSON": movesOf(t, h, MovesJSON), "page": page, "table": strings.ReplaceAll(table, "\r\n", "\n")} {
			if r, bad := dangerous(out); bad {
				t.Errorf("payload %q: %U in the %s", payload, r, form)
			}
		}
		for _, sign := range []string{"<", ">", `"`} {
			if strings.Count(page, sign) != strings.Count(plainPage, sign) {
				t.Errorf("payload %q: another number of %s in the page", payload, sign)
			}
		}
		records, err := csv.NewReader(strings.NewReader(table)).ReadAll()
		if err != nil || len(records) != len(h.Chosen)+1 {
			t.Errorf("payload %q: %d records, %v", payload, len(records), err)
		}
		for _, record := range records {
			for _, cell := range record {
				if strings.IndexAny(strings.TrimLeft(cell, " \""), "=+-@＝＋－＠\t\r\n") == 0 {
					t.Errorf("payload %q: the cell %q is a formula", payload, cell)
				}
			}
		}
	}
}

func TestAsOf(t *testing.T) {
	intent, id := intentOf(1, statefile.Refund, 0, 5000, 1)
	intent.Class, intent.Attempt = "counted", 1
	state, err := statefile.Fold(statefile.Begin{Plan: digestA, Mode: "test", Actions: 1, Actor: actor, Version: "0.1.0"}, intent,
		statefile.Outcome{Action: id, Result: statefile.Unknown})
	if err != nil {
		t.Fatal(err)
	}
	a := AsOf{When: "2026-11-27 10:30", Moves: Moves{Path: "shop/flexform.ledger", History: &statefile.History{State: state, Head: statefile.Entry{Seq: 4, Time: noon, Hash: digestA}}}}
	for tx := range state.Transactions() {
		a.Transactions = append(a.Transactions, tx)
	}
	text := movesOf(t, a.Moves, func(w io.Writer, _ Moves) error { return AsOfText(w, a, Style{}) })
	for _, must := range []string{"1 transaction in TEST mode", "as of 2026-11-27 10:30", "unknown: refund 0.00 -> 50.00 DKK", digestA} {
		if !strings.Contains(text, must) {
			t.Errorf("%q is not in\n%s", must, text)
		}
	}
	var doc struct {
		Head         string
		Transactions []struct {
			Status  *int
			Actions []struct{ State string }
		}
	}
	out := movesOf(t, a.Moves, func(w io.Writer, _ Moves) error { return AsOfJSON(w, a) })
	if err := json.Unmarshal([]byte(out), &doc); err != nil || doc.Head != digestA || len(doc.Transactions) != 1 || doc.Transactions[0].Actions[0].State != "unknown" {
		t.Errorf("JSON: %v\n%s", err, out)
	}
}

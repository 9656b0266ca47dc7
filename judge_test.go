package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"flexform/statefile"
)

// totals are the sums that the gateway counts for a transaction.
type totals struct {
	Captured int64  `json:"captured_minor"`
	Refunded int64  `json:"refunded_minor"`
	Status   string `json:"-"`
}

// judge returns what the gateway itself counts.
func (s *shop) judge(t *testing.T) map[string]totals {
	t.Helper()
	var reply struct {
		Transactions []struct {
			totals
			Transact string `json:"transact"`
			Code     int    `json:"status"`
		} `json:"transactions"`
	}
	s.fetch(t, "/_sandbox/transactions", &reply)
	book := map[string]totals{}
	for _, x := range reply.Transactions {
		x.Status = fmt.Sprint(x.Code)
		book[x.Transact] = x.totals
	}
	return book
}

// A tally counts the requests for one transaction: all, and those that moved
// money or released it.
type tally struct{ calls, moved int }

// calls counts the requests that the gateway has got.
func (s *shop) calls(t *testing.T) map[string]tally {
	t.Helper()
	var reply struct {
		Calls []struct {
			Transact string `json:"transact"`
			Moved    bool   `json:"moved"`
		} `json:"calls"`
	}
	s.fetch(t, "/_sandbox/calls?kind=money", &reply)
	count := map[string]tally{}
	for _, c := range reply.Calls {
		n := count[c.Transact]
		n.calls++
		if c.Moved {
			n.moved++
		}
		count[c.Transact] = n
	}
	return count
}

const cancelled = "6"

// safe holds at every moment: no total is above what is wanted, and each
// request has an intent of its own in the ledger.
func (s *shop) safe(t *testing.T) {
	t.Helper()
	book, calls, state := s.judge(t), s.calls(t), s.state(t) // the ledger last: it is ahead
	for n, g := range s.groups {
		for i := range g.count(s.stages) {
			id, want := transact(n, i), g.final(s.stage)
			if i >= g.count(s.stage) {
				want = totals{Captured: book[id].Captured} // not named: not touched
			}
			if got := book[id]; got.Refunded > want.Refunded || g.status == "authorised" && got.Captured > want.Captured || got.Status == cancelled && g.name != "free" {
				t.Errorf("%s %s: the gateway has %+v, wanted are at most %+v", g.name, id, got, want)
			}
			tx, _ := state.Transaction(statefile.Key{Merchant: "12345678", Transact: id})
			if calls[id].calls > len(tx.Actions) {
				t.Errorf("%s %s: %d requests for %d intents", g.name, id, calls[id].calls, len(tx.Actions))
			}
		}
	}
}

// done holds at the end of a stage: everything is as it was wanted, by as many
// calls as the ledger has done actions.
func (s *shop) done(t *testing.T) {
	t.Helper()
	book, calls, state := s.judge(t), s.calls(t), s.state(t)
	for n, g := range s.groups {
		for i := range g.count(s.stage) {
			id, want := transact(n, i), g.final(s.stage)
			if got := book[id]; got.Refunded != want.Refunded || got.Captured != want.Captured || (got.Status == cancelled) != (g.name == "free") {
				t.Errorf("%s %s: the gateway has %+v, wanted are %+v", g.name, id, got, want)
			}
			done := 0
			tx, _ := state.Transaction(statefile.Key{Merchant: "12345678", Transact: id})
			for _, a := range tx.Actions {
				if a.State == statefile.ActionDone || a.State == statefile.ActionAccepted {
					done++
				}
			}
			if calls[id].moved != done {
				t.Errorf("%s %s: %d calls had an effect, %d actions are done", g.name, id, calls[id].moved, done)
			}
		}
	}
}

func (s *shop) fetch(t *testing.T, path string, into any) {
	t.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	err = json.NewDecoder(resp.Body).Decode(into)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

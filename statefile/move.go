package statefile

import "iter"

// A Move is one thing that moved money, or may have: an action of a plan, a
// call by hand, or a person's statement of what happened outside flexform. It
// has all of its entries together.
type Move struct {
	Entry  Entry   // the intent, the call or the adoption that it begins with
	Begin  *Entry  // the apply that intended it; nil of anything but an action
	Answer *Entry  // outcome of the action or answer to the call; nil while there is none
	Later  []Entry // what decided an action later: observed and resolved, in order
	Action *Action // how an action stands; nil of anything else
}

// Last returns the number of the newest entry about the move.
func (m Move) Last() uint64 {
	switch {
	case len(m.Later) > 0:
		return m.Later[len(m.Later)-1].Seq
	case m.Answer != nil:
		return m.Answer.Seq
	}
	return m.Entry.Seq
}

// A History is a ledger, or the beginning of one, with its entries put together
// by what they are about.
type History struct {
	State *State
	Head  Entry  // the last entry; the zero Entry of a ledger without any
	Moves []Move // in the order of their first entries
}

// Gather puts the entries of a ledger together, up to the one with that number,
// or all of them when last is 0. They are verified, as [ReadEntries] yields
// them; their first error ends it and is returned.
func Gather(entries iter.Seq2[Entry, error], last uint64) (*History, error) {
	h := &History{State: newState()}
	g := gatherer{h: h, begun: map[string]*Entry{}, actions: map[string]int{}, calls: map[uint64]int{}}
	for e, err := range entries {
		if err != nil {
			return nil, err
		}
		if last != 0 && e.Seq > last {
			break
		}
		if err := h.State.take(&e, parseSum(e.Hash)); err != nil {
			return nil, err
		}
		g.take(e)
	}
	h.State.markAll()
	for i := range h.Moves {
		if intent := h.Moves[i].Entry.Intent; intent != nil {
			a, _ := h.State.Action(intent.Action)
			h.Moves[i].Action = &a
		}
	}
	return h, nil
}

// A gatherer puts entries to the moves that they are about.
type gatherer struct {
	h       *History
	begun   map[string]*Entry // the last begin of a plan, by digest
	actions map[string]int    // index of its move, by id
	calls   map[uint64]int    // the same of a call by hand, by number
}

func (g *gatherer) take(e Entry) {
	g.h.Head = e
	switch e.Kind {
	case KindBegin:
		g.begun[e.Begin.Plan] = &e
	case KindIntent:
		g.actions[e.Intent.Action] = len(g.h.Moves)
		g.h.Moves = append(g.h.Moves, Move{Entry: e, Begin: g.begun[e.Intent.Plan]})
	case KindOutcome:
		g.of(e.Outcome.Action).Answer = &e
	case KindObserved:
		if e.Observed.Action != "" {
			g.later(e.Observed.Action, e)
		}
	case KindResolved:
		g.later(e.Resolved.Action, e)
	case KindCalled:
		g.calls[e.Seq] = len(g.h.Moves)
		g.h.Moves = append(g.h.Moves, Move{Entry: e})
	case KindAnswered:
		g.h.Moves[g.calls[uint64(e.Answered.Call)]].Answer = &e
	case KindAdopted:
		g.h.Moves = append(g.h.Moves, Move{Entry: e})
	}
}

// of returns the move of an action; what verified has one.
func (g *gatherer) of(action string) *Move { return &g.h.Moves[g.actions[action]] }

func (g *gatherer) later(action string, e Entry) {
	m := g.of(action)
	m.Later = append(m.Later, e)
}

package plan

import (
	"slices"

	"flexform/dibs"
	"flexform/statefile"
)

// A Judgement is what the gateway's status after a call proves about that
// call. The zero value is invalid.
type Judgement uint8

const (
	_            Judgement = iota
	Happened               // carried out, not final: it waits for the acquirer
	Settled                // carried out and final
	Reversed               // reached the acquirer, who declined it: no money moved
	DidNotHappen           // not carried out, and it will not be any more
	Undecidable            // proves nothing
)

func (j Judgement) String() string {
	switch j {
	case Happened:
		return "happened"
	case Settled:
		return "settled"
	case Reversed:
		return "reversed"
	case DidNotHappen:
		return "did not happen"
	case Undecidable:
		return "undecidable"
	}
	return "invalid judgement"
}

// Judge says what the status after proves about a, an action of t whose
// outcome is open, unknown or accepted. For any other state it is Undecidable:
// those are decided already.
//
// Until windowOver, the gateway may still be working on the call, and a status
// that has not moved proves nothing. windowOver must only be true when at
// least the settle window (two minutes or more, flexwin.md 11.1) has passed
// since the request was sent, and the status was read after that. Even then an
// unmoved status never proves that a partial refund did not happen.
//
// t tells whether a refund completes what was captured; where the ledger says
// nothing of the captured total, the authorised amount stands for it, which
// errs towards Undecidable. Judge assumes that nobody else moved the money of
// t since a was sent: no status tells whose call it was. For the same reason
// little can be said of a refund while the end of another one is open, and
// nothing of an action that was refused without certainty, see [Doubt].
func Judge(t statefile.Transaction, a statefile.Action, after dibs.Status, windowOver bool) Judgement {
	if doubted(a) {
		return Undecidable
	}
	call := callOf(t, a)
	for _, row := range evidence {
		if row.call&call == 0 || !slices.Contains(row.before, dibs.Status(a.Before)) || !slices.Contains(row.after, after) {
			continue
		}
		switch {
		case a.State.Undecided():
			j := row.unknown.judge(windowOver)
			if j == DidNotHappen && a.Class == string(Counted) {
				return Undecidable // it would be offered again, and a late first one would pay twice (hazards R4)
			}
			if !alone(t, a) && (call == partCall || after != dibs.StatusRefunded) {
				return Undecidable // what is seen may be the other one's; only 11 is about all of them
			}
			if j != DidNotHappen && late(t, a) {
				return Undecidable
			}
			return j
		case a.State == statefile.ActionAccepted:
			j := row.accepted.judge(windowOver)
			if j == Reversed && (!alone(t, a) || a.Verb == statefile.Refund && followed(t, a)) {
				return Undecidable // one of them was declined
			}
			return j
		}
	}
	return Undecidable
}

// alone reports whether no other action of the same verb has an open end.
func alone(t statefile.Transaction, a statefile.Action) bool {
	for _, other := range t.Actions {
		if other.Verb == a.Verb && other.ID != a.ID && (other.State.Undecided() || other.State == statefile.ActionAccepted) {
			return false
		}
	}
	return true
}

// followed reports whether a later action of the same verb came to nothing after
// it may have reached the acquirer: then the acquirer's no may be to that one,
// also when it is known, or said, not to have happened.
func followed(t statefile.Transaction, a statefile.Action) bool {
	for _, other := range t.Actions {
		if other.Verb == a.Verb && other.Seq > a.Seq && (other.State == statefile.ActionNotDone || other.State == statefile.ActionReversed) {
			return true
		}
	}
	return false
}

// late reports whether what is seen may be the doing of another step of the same
// verb, which was taken for not done and is carried out after all (hazards R4):
// a capture of another amount, say, that the configuration asked for before. Of
// the same step it does not matter which try it was.
func late(t statefile.Transaction, a statefile.Action) bool {
	for _, other := range t.Actions {
		if other.Verb == a.Verb && other.Step != a.Step && other.State == statefile.ActionNotDone {
			return true
		}
	}
	return false
}

// A call is a kind of call that leaves its own trace in the status. The values
// are bits, so that a row of the table can be about several.
type call uint8

const (
	captureCall call = 1 << iota
	cancelCall
	fullCall  // a refund that gives back all, nothing given back before
	restCall  // a refund that gives back all that is left
	partCall  // a refund that leaves something captured
	againCall // a reauthorise
	deleteCall
)

func callOf(t statefile.Transaction, a statefile.Action) call {
	switch a.Verb {
	case statefile.Capture:
		return captureCall
	case statefile.Cancel:
		return cancelCall
	case statefile.Reauthorise:
		return againCall
	case statefile.Delete:
		return deleteCall
	case statefile.Refund:
		captured := t.Captured
		if captured.Zero() {
			captured = t.Amount
		}
		switch {
		case a.To != captured:
			return partCall
		case a.From.Zero():
			return fullCall
		}
		return restCall
	}
	return 0
}

// A proof is a judgement that holds at once, or only after the window.
type proof struct{ early, late Judgement }

func (p proof) judge(windowOver bool) Judgement {
	if windowOver {
		return p.late
	}
	return p.early
}

func always(j Judgement) proof     { return proof{j, j} }
func afterwards(j Judgement) proof { return proof{Undecidable, j} }
func never() proof                 { return always(Undecidable) }

package statefile

import "time"

// A Purse is what spending is counted by.
type Purse struct {
	Merchant string // the merchant's DIBS id
	Verb     Verb
	Currency string // "DKK"; empty for a delete
}

// Spent is what was done from one purse.
type Spent struct {
	Count int
	Minor int64 // in minor units of the purse's currency
}

// SpentSince returns what was done from a time on, by every plan that the
// ledger knows. It counts each intent, but not one that certainly came to
// nothing. An action that may have happened counts however old it is, until it
// is settled (hazards R13, R86). So does one whose time lies ahead of ours: a
// clock was wrong.
func (s *State) SpentSince(from time.Time) map[Purse]Spent {
	l, done := s.read()
	defer done()
	spent := map[Purse]Spent{}
	for _, k := range l.added {
		for _, a := range l.find(k).Actions {
			if a.State.Failed() || a.At.Before(from) && !a.State.Undecided() {
				continue
			}
			p := Purse{Merchant: k.Merchant, Verb: a.Verb}
			if a.To.Valid() {
				p.Currency = a.To.Currency().Code()
			}
			sum := spent[p]
			sum.Count++
			sum.Minor += a.To.Minor() - a.From.Minor()
			spent[p] = sum
		}
	}
	return spent
}

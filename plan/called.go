package plan

import "flexform/statefile"

// called blocks a transaction that somebody called a service about by hand: the
// gateway took that call, or may have, and no status tells for certain what it
// did to the totals.
func (s *subject) called() (ruling, bool) {
	if len(s.record.Calls) == 0 {
		return ruling{}, false
	}
	call := s.record.Calls[len(s.record.Calls)-1]
	what := "and its outcome is not known"
	if call.Result != "" && call.Result != statefile.Unknown {
		what = "and the gateway accepted it"
	}
	return s.block(CauseDrift, s.adoptCommand(nil, nil),
		"Somebody called %s by hand (entry %d of the ledger), %s. What that did to the totals is recorded nowhere, so nothing is planned for it. "+
			"Find out where the transaction stands (the DIBS administration and the acquirer's statement tell), then record the totals.",
		call.Service, call.Seq, what)
}

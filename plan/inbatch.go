package plan

import (
	"strings"

	"flexform/statefile"
)

// inBatch blocks a transaction with a row in a bulk file of which no response
// is known. No command settles it: as long as the file may be waiting at the
// gateway nobody can say that it did not happen.
func (s *subject) inBatch(a statefile.Action) (ruling, bool) {
	if a.State != statefile.ActionOpen {
		return s.block(CauseUnknown, resolveCommand(a.ID),
			"Nobody knows whether %s happened. It went in bulk file %s, and %s. %s "+
				"Until that is known nothing is planned for this transaction. A person settles it with the evidence they have, as done or as not-done.",
			a.ID, a.Batch, strings.TrimSuffix(a.Message, "."), s.hint(a.Before))
	}
	return s.block(CauseUnknown, "",
		"%s is in bulk file %s, which has no response yet. %s Until that is known nothing is planned for this transaction. "+
			"The next apply looks for the response; with --via bulk it waits for it. If the server has lost the file, find out at DIBS what became of it, and record that for all of its rows with flexform resolve %s.",
		a.ID, a.Batch, s.hint(a.Before), a.Batch)
}

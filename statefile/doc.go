// Package statefile keeps the ledger: the append-only, hash-chained record of
// everything flexform did to a transaction and learned about it.
//
// An [Entry] is one line of JSON. The [State] is the fold of all entries and
// nothing else; there is no second file that could disagree with it. An entry
// is durable when Append returns, never later. The key of an intent can be
// claimed once, forever. A ledger that does not verify is not used: every
// error names the first bad entry.
//
// The package knows nothing of the gateway: status codes are numbers here, and
// what a status proves is decided elsewhere and recorded as a [Verdict].
package statefile

// Package apply carries out an approved plan, once, and settles what earlier
// runs left open.
//
// For each action a [Runner] reads the live status, puts the intent in the
// ledger, sends exactly one request and puts the outcome in the ledger, in
// that order and synced each time. It never sends again: an outcome that is
// not known is settled by what the gateway says later, or stays unknown for a
// person. It makes the plan's calls or fewer, never others. Without a ledger
// that can be written no money moves.
package apply

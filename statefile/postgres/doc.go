// Package postgres keeps ledgers in a PostgreSQL database, for teams that apply
// from several machines.
//
// A ledger there is the same lines as in a file, one row each: package
// statefile makes, chains and verifies them. What keeps an entry from being
// written twice, or behind another head than its own, are the keys of the
// tables (see [Tables]), and they never expire. An advisory lock says who is at
// work. It is a courtesy: who loses it, with the session that had it, cannot
// write anything that somebody else has overtaken.
//
// Nothing counts as written before the server has said so: at the COMMIT, or,
// when the session broke there, to a new session that looks for the rows. How to
// reach the server, and with which password, is no part of a configuration, and
// stands in no error.
package postgres

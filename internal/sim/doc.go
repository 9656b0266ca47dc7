// Package sim plays histories of flexform: the real planner, policy, applier
// and ledger, over a clock, a disk and a gateway that it makes up and that go
// wrong as a seed says. It is for tests only.
//
// One seed is one history, contact for contact. A contact is any use of the
// world outside a process: a call of the disk, a question to the gateway, a
// request that moves money, a wait. At every contact the process may die, the
// call may fail, time may pass, the power may go, somebody may move money in
// the back-office, and another runner may have its turn.
//
// The judge trusts nobody. The bank counts the money by itself; the audit reads
// the ledger's durable bytes by itself and holds every request against them.
// What they check after every step is listed at [audit] and at [history.quiet].
package sim

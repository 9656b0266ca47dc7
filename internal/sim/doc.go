// Package sim plays histories of flexform: the real planner, policy, applier
// and ledger, over a clock, a disk, a gateway and a server of bulk files that it
// makes up and that go wrong as a seed says. It is for tests only.
//
// One seed is one history, contact for contact. A contact is any use of the
// world outside a process: a call of the disk, a question to the gateway, a
// request that moves money, an exchange with the server of files, a wait. At
// every contact the process may die, the call may fail, time may pass, the power
// may go, somebody may move money in the back-office, and another runner may
// have its turn.
//
// Histories play everything that moves money: captures, also in parts, refunds
// by call and by file, cancels, authorisations that are approved again, charges
// and deletions of stored cards. Beside the disk's and the network's misfortunes
// they play what people do: wishes are edited, saved plans applied late, twice
// or not at all, clocks and settings changed, locks taken away; and in the end a
// person who settles what only a person can.
//
// The judge trusts nobody. The bank counts the money by itself; the audit reads
// the ledger's durable bytes by itself and holds every request against them.
// What they check after every step is listed at [audit], what must be true in
// the end at [history.quiet]. The stories of several runners are checked with
// porcupine against a model bank. What histories have met is counted, and a run
// that met too little fails ([Sights]).
//
// A failing history prints the one command that plays it again, with a print of
// all that happened. TestFailureReplays plants bugs ([Bugs]) to see to that.
//
//	go test ./internal/sim                                                  # 1,500 histories
//	go test ./internal/sim -run TestHistories -sim.n=100000 -v              # CI: about two minutes on two cores
//	go test ./internal/sim -run TestHistories -sim.n=20000 -sim.runners=2 -v
//	go test ./internal/sim -run TestHistories -sim.seed=4711 -v             # one, contact for contact
package sim

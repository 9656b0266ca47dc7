// Package sandbox is a DIBS FlexWin gateway to run locally: the same paths,
// parameters, replies and state machine, with money that exists only here.
//
// A [Gateway] owns its transactions and is the judge of every test: it counts
// each move of money by itself and logs each call, whatever the caller
// believes. Money is durable before the caller hears of it: with a store, a
// killed process that is started again holds exactly what it had answered, and
// perhaps an answer that never got out. Nothing of package dibs is used here;
// request parsing, MD5 control and status codes are written a second time from
// the protocol's description, so that a misreading in one shows in the other.
//
// It refuses to be a payment service: it knows no card numbers and logs no
// secret, and whoever reaches its /_sandbox/ paths can do everything.
package sandbox

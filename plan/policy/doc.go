// Package policy decides whether a plan may be carried out now.
//
// [Check] is the only maker of [Approved], and apply takes nothing else: a
// plan that was changed, that is used up, expired or out of date, or that
// holds an action which the configuration does not ask for, cannot be run. A
// file with right hashes is not believed either: every action is derived anew
// from the configuration and the ledger.
//
// What only the gateway can tell (that a transaction still stands where the
// plan saw it) is not checked here. Apply asks again before each call.
package policy

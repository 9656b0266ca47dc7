// Package dibs speaks the DIBS FlexWin administration protocol.
//
// A [Client] sends one request and reads one answer. It never retries and
// never follows a redirect: only the caller knows whether sending again is
// safe. A call that moves money ends in one of four ways, told apart by type:
//
//   - a [Receipt]: the gateway accepted the call;
//   - a [*DeclinedError] (or a [*LoginError]): it said no, no money moved;
//   - a [*NotSentError]: no byte of the request left this machine;
//   - an [*UncertainError]: the request may have been carried out. Ask for the
//     transaction's status before doing anything else.
//
// Accepted is not settled: see [Status].
package dibs

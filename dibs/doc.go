// Package dibs speaks the DIBS FlexWin administration protocol.
//
// A [Client] sends one request and reads one answer. It never retries and
// never follows a redirect: only the caller knows whether sending again is
// safe. A call that moves money or changes something ends in one of four ways,
// told apart by type:
//
//   - a [Receipt] or an [Authorisation]: the gateway accepted the call;
//   - a [*DeclinedError], an [*AuthDeclinedError] where it would authorise, or
//     a [*LoginError]: it said no, and nothing was carried out;
//   - a [*NotSentError]: no byte of the request left this machine;
//   - an [*UncertainError]: the request may have been carried out. Ask for the
//     transaction's status before doing anything else.
//
// Accepted is not settled: see [Status]. Replies are read by an allow-list:
// what is not exactly what the protocol documents is uncertain, never a yes and
// never a no.
//
// The status calls, such as [Client.TransInfo], [Client.TransStatus] and
// [Client.PayInfo], move nothing. They return a [*NotFoundError], a
// [*LoginError], or an error that says why the gateway could not be read.
//
// Where the customer's browser does the asking, the client builds what it
// sends, a [BrowserForm]: [Client.ThreeDSecure], [Client.FlexWin],
// [Client.DanskeNet] and [Client.SoloPayment].
//
// What the gateway sends by itself, or through a customer's browser, is read by
// [ParseCallback] and believed after [Client.VerifyCallback].
//
// # What a client does not do
//
// It takes nothing from the environment but the system's certificates: no
// proxy, no credentials. It logs nothing itself; net/http, which carries the
// status calls, writes to the standard logger of package log when a gateway
// says more on a connection than it announced. It sends the login only over
// https, or to loopback, and after one refusal not again. A [Secret] shows its
// text to no one, and texts from the gateway are kept without secrets and card
// numbers, escaped to printable ASCII.
package dibs

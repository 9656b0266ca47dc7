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
// What goes wrong on demand are faults: lost, late, cut and false replies, to
// chosen calls, with the money counted as ever. See [Fault], and docs/sandbox.md
// for all of the gateway, in any language.
//
// People find the same at /, the merchant page: transactions, their history, and
// buttons to act as the back-office. It works without scripts.
//
// It refuses to be a payment service: of a card it keeps the first six digits
// and the last four, it logs no secret, and whoever reaches its page or its
// /_sandbox/ paths can do everything. Only web sites cannot have their
// visitors' browsers do it. Where FlexWin's documentation is silent, the comment
// at the service says what was chosen.
//
// The test cards have sixteen digits: four of the card's type (4711 Visa, 4571
// Visa-Dankort, 5019 Dankort, 5413 Mastercard and so on), one that says where
// the card fails, nine zeros, and the code it fails with, 00 for none:
//
//	4711 1000 0000 00NN  declined with reason NN
//	4711 2000 0000 00NN  approved; captures fail with result NN
//	4711 3000 0000 00NN  approved and captured; refunds fail with result NN
//	4711 4000 0000 00NN  approved, suspect with severity NN
//	4711 5000 0000 00NN  approved; authorising again fails with reason NN
//	4711 6000 0000 00NN  approved; payments from its ticket fail with reason NN
//
// Any other number is rejected, reason 0. The date 06/24 never expires.
//
// [ServeSFTP] and [ServeFTP] serve a directory for bulk files (flexwin.md 9.7),
// which lies in the store with the money. Clients know the servers by
// [Gateway.HostKey] and [Gateway.FTPCertificate], which stay the same there.
// When X.run is made beside X.txt, the rows are carried out, at once or as
// [Options.Bulk] has it: each like the single call, all of them and the response
// in one commit. A name is used once, forever. A file that is not as documented
// (line ends in CRLF, NumberOfCsvRecords, known headers and columns) is answered
// with an error, and nothing of it is done.
//
// Payments that need a browser (3dsecure.cgi, danskenet.cgi, solo_payment.cgi)
// show a small bank page, which works without JavaScript; POST /_bank/answer
// with transact and answer=accept, decline or cancel does the same. A callback
// goes to callbackurl after the commit, once, and only to this machine unless
// [Options.CallbackTo] allows more; GET /_sandbox/callbacks shows what became
// of it.
package sandbox

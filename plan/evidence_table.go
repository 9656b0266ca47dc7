package plan

import "flexform/dibs"

// evidence is hazards.md section 1 and flexwin.md 11.1 as a table: what a
// status before a call and a status after it prove. Read it beside the two;
// what they leave out is left out here too, and is Undecidable.
//
// Two calls leave no trace of their own in a status, and are decided by what
// else the gateway tells: a capture in parts by the sums of its base
// ([Evidence.Judge]), a charge by its order ([JudgeCharge]). A refund of such a
// part is one of an ordinary transaction.
//
// unknown is the column for a call whose reply was lost, accepted the one for
// a call that the gateway accepted and that may still be declined by the
// acquirer (hazards R5).
var evidence = [...]struct {
	call              call
	before, after     []dibs.Status
	unknown, accepted proof
}{
	// Capture: 2 -> 3, 5 or 12. A later status of a captured transaction
	// proves the capture too.
	{captureCall, on(2, 4), on(3, 12), always(Happened), always(Happened)},
	{captureCall, on(2, 4), on(5, 7, 8, 9, 10, 11, 15), always(Settled), always(Settled)},
	{captureCall, on(2), on(4), always(Reversed), always(Reversed)},
	{captureCall, on(2), on(2), afterwards(DidNotHappen), never()},
	{captureCall, on(4), on(4), afterwards(DidNotHappen), afterwards(Reversed)},
	// A released authorisation cannot be captured any more.
	{captureCall, on(2, 4), on(6), afterwards(DidNotHappen), never()},

	// Cancel: 2 -> 6. What somebody captures cannot be released any more.
	{cancelCall, on(2), on(6), always(Settled), always(Settled)},
	{cancelCall, on(2), on(2), afterwards(DidNotHappen), never()},
	{cancelCall, on(2), on(3, 5, 7, 8, 9, 10, 11, 12, 15), afterwards(DidNotHappen), never()},

	// Reauthorise: 6 or 4 -> 2 (flexwin.md 5.3). It is done when the gateway
	// says yes, which leaves nothing to wait for; of a lost answer an
	// authorisation that was alive before tells nothing.
	{againCall, on(4, 6), on(2), always(Settled), always(Settled)},
	{againCall, on(6), on(3, 5, 7, 8, 9, 10, 11, 12, 15), always(Settled), always(Settled)},
	{againCall, on(6), on(6), afterwards(DidNotHappen), never()},
	{againCall, on(4), on(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 18, 19), never(), always(Settled)},
	{againCall, on(2, 18), on(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 18, 19), never(), always(Settled)},

	// Any refund: 9 and 15 are on their way, 10 is the acquirer's no.
	{fullCall | restCall | partCall, on(5, 7, 8, 10), on(9, 15), always(Happened), always(Happened)},
	{fullCall | restCall | partCall, on(5, 7, 8), on(10), always(Reversed), always(Reversed)},

	// A refund of all that is left ends at 11. A full one that never moved the
	// status did not happen. One of the rest is a later partial refund: that
	// it left the status where it was is not taken for proof.
	{fullCall | restCall, on(5, 7, 8, 10), on(11), always(Settled), always(Settled)},
	{fullCall, on(5, 7), on(5, 7), afterwards(DidNotHappen), never()},
	{restCall, on(5, 7), on(5, 7), never(), never()},
	{restCall, on(8), on(8), never(), never()},

	// The first partial refund: 5 -> 8, 9, 15; 11 counts as well. Unmoved, it
	// proves nothing, ever: 8 means balanced and partly refunded, and nobody
	// says that a capture not yet balanced moves there at once.
	{partCall, on(5, 7, 10), on(8, 11), always(Settled), always(Settled)},
	{partCall, on(5, 7), on(5, 7), never(), never()},

	// A later partial refund: 8 -> 8 looks the same whether it happened or
	// not. Once the gateway accepted it, 8 means that nothing is on its way
	// and nothing was declined. 11 is somebody's refund of all the rest, so it
	// says nothing of a lost one.
	{partCall, on(8), on(8), never(), afterwards(Settled)},
	{partCall, on(8), on(11), never(), always(Settled)},

	// Tried again after the acquirer's no (10 before): 10 afterwards may be
	// the old no or a new one. Only for a refund of everything is a wrong
	// guess refused by the gateway, and only what was accepted is guessed.
	{fullCall | restCall, on(10), on(10), never(), afterwards(Reversed)},
	{partCall, on(10), on(10), never(), never()},

	// Delete: 13 -> 14, for good. A charge is proven by its order, not by the
	// ticket's status: see [JudgeCharge]. Nobody says that a ticket which is
	// still there will stay, so time proves nothing (hazards R4).
	{deleteCall, on(13), on(14), always(Settled), always(Settled)},
	{deleteCall, on(13), on(13), never(), never()},
}

func on(statuses ...dibs.Status) []dibs.Status { return statuses }

package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"flexform/money"
)

// A Transaction is one payment as the gateway knows it. Captured and Refunded
// are the sums of Moves, what is in flight included.
type Transaction struct {
	Transact     string       // 6 to 19 digits, unique in the gateway
	Merchant     string       // whose it is; empty: any merchant may handle it
	OrderID      string       // at most 50 characters
	Amount       money.Amount // authorised
	Status       Status
	Captured     money.Amount // in a seed the zero value means: what Status implies
	Refunded     money.Amount // likewise
	AuthorisedAt time.Time    // in a seed the zero value means: now
	PayType      string       // "VISA" when a seed leaves it empty
	Batch        int64        // number of the batch that captured it; zero: none
	Moves        []Move       // oldest first; a seed has none
	Details      Details      // a seed has none
}

// A MoveKind says what a [Move] did. The zero value is invalid.
type MoveKind string

// The kinds of moves. The declined ones take back the move before them.
const (
	MoveCapture         MoveKind = "capture"
	MoveRefund          MoveKind = "refund"
	MoveCancel          MoveKind = "cancel"
	MoveCaptureDeclined MoveKind = "capture declined"
	MoveRefundDeclined  MoveKind = "refund declined"
)

// An Origin says who caused a [Move]: one of those below, or for a row of a bulk
// file its name, "refund021126_01.txt". The zero value is invalid.
type Origin string

// The origins of moves.
const (
	BySeed       Origin = "seed"        // happened before the gateway was started
	ByCall       Origin = "call"        // a client's call
	ByBackOffice Origin = "back-office" // a person, behind the client's back
	ByAcquirer   Origin = "acquirer"    // a refusal after the acceptance
)

// A Move is one change of a transaction's money. Moves are never changed or
// removed.
type Move struct {
	Time   time.Time
	Kind   MoveKind
	Amount money.Amount
	By     Origin
	Call   uint64 // the Seq of the call that did it; zero when none did
}

// add appends m and folds it into the totals. It refuses a move after which
// refunded <= captured <= authorised would not hold.
func (t *Transaction) add(m Move) error {
	captured, refunded := t.Captured, t.Refunded
	var err error
	switch m.Kind {
	case MoveCapture:
		captured, err = captured.Add(m.Amount)
	case MoveCaptureDeclined:
		captured, err = captured.Sub(m.Amount)
	case MoveRefund:
		refunded, err = refunded.Add(m.Amount)
	case MoveRefundDeclined:
		refunded, err = refunded.Sub(m.Amount)
	case MoveCancel: // releases what was never taken: no total changes
	default:
		err = fmt.Errorf("no such kind of move: %q", m.Kind)
	}
	if err == nil {
		_, err = t.Amount.Sub(captured)
	}
	if err == nil {
		_, err = captured.Sub(refunded)
	}
	if err != nil {
		return fmt.Errorf("transaction %s: %s of %s: %w", t.Transact, m.Kind, m.Amount, err)
	}
	t.Captured, t.Refunded = captured, refunded
	t.Moves = append(t.Moves, m)
	return nil
}

// openMove returns the move that the acquirer has not decided yet.
func (t *Transaction) openMove() (Move, error) {
	if !t.Status.inFlight() || len(t.Moves) == 0 {
		return Move{}, errors.New("nothing is in flight")
	}
	return t.Moves[len(t.Moves)-1], nil
}

// copy returns t with moves and details of its own.
func (t Transaction) copy() Transaction {
	t.Moves, t.Details = slices.Clone(t.Moves), t.Details.copy()
	return t
}

func zero(a money.Amount) money.Amount {
	z, err := money.NewTotal(0, a.Currency())
	if err != nil {
		panic(err) // a valid amount has a currency in which zero can be written
	}
	return z
}

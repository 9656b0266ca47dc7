package sandbox

import (
	"fmt"
	"time"
)

// A SettleMode says when the acquirer settles captures and refunds: [Instant],
// [Manual], or each step that long after the one before.
type SettleMode time.Duration

const (
	// Instant settles within the call: 2 -> 5, and 5 -> 8 or 11.
	Instant SettleMode = 0
	// Manual works in batches, 2 -> 12 -> 3 -> 5 and 5 -> 15 -> 9 -> 8 or 11,
	// one step at each [Gateway.Settle].
	Manual SettleMode = -1
)

// Settle takes every transaction in flight one step further, whatever the
// mode: waiting ones to the acquirer (12 -> 3, 15 -> 9), those at the acquirer
// to its approval (3 -> 5, 9 -> 8 or 11). It returns how many it moved.
func (g *Gateway) Settle() (int, error) {
	return g.advance(always)
}

func always(*record, time.Time) bool { return true }

// SettleDue is [Gateway.Settle] for the transactions whose time has come. It
// does nothing unless the mode is a duration. [Serve] calls it by itself.
func (g *Gateway) SettleDue() (int, error) {
	if g.settle <= Instant || len(g.book.waiting()) == 0 {
		return 0, nil
	}
	return g.advance(func(r *record, now time.Time) bool { return now.Sub(r.changedAt) >= time.Duration(g.settle) })
}

func (g *Gateway) advance(due func(*record, time.Time) bool) (int, error) {
	moved := 0
	err := g.writer.do(func(c *batch) { moved = g.step(c, g.book.waiting(), due) })
	return moved, err
}

// step takes those of the transactions that are in flight and due one step
// further, and returns how many.
func (g *Gateway) step(c *batch, ids []string, due func(*record, time.Time) bool) int {
	moved, now, number := 0, g.now(), c.batches+1
	for _, id := range ids {
		r := c.find(id)
		if !r.Status.inFlight() || !due(r, now) {
			continue
		}
		r = c.turn(r, nextStep(r), now)
		if r.Status == StatusCaptureSent {
			r.Batch, c.batches = number, number
		}
		moved++
	}
	return moved
}

// nextStep is where settling takes a transaction that is in flight.
func nextStep(r *record) Status {
	switch r.Status {
	case StatusCapturePending:
		return StatusCaptureSent
	case StatusCaptureSent:
		return StatusCaptured
	case StatusRefundPending:
		return StatusRefundSent
	}
	return refundedStatus(r)
}

// Decline lets the acquirer refuse what is in flight: a capture (3, 12) ends in
// 4, a refund (9, 15) in 10, and its amount is taken back from the total.
func (g *Gateway) Decline(transact string) error {
	var refused error
	err := g.writer.do(func(c *batch) { refused = g.declineOpen(c, transact) })
	if err != nil {
		return err
	}
	return refused
}

// declineOpen is [Gateway.Decline] within a batch.
func (g *Gateway) declineOpen(c *batch, transact string) error {
	r := c.find(transact)
	if r == nil {
		return fmt.Errorf("decline: unknown transaction %s", transact)
	}
	open, err := r.openMove()
	if err != nil {
		return fmt.Errorf("decline %s: %w: it is %s", transact, err, r.Status)
	}
	undo, to := MoveRefundDeclined, StatusRefundDeclined
	if open.Kind == MoveCapture {
		undo, to = MoveCaptureDeclined, StatusCaptureDeclined
	}
	now := g.now()
	c.turn(c.enter(r, Move{Time: now, Kind: undo, Amount: open.Amount, By: ByAcquirer}), to, now)
	return nil
}

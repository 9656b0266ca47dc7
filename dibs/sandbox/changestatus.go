package sandbox

// changeStatusCall is changestatus.cgi (flexwin.md 5.7). It is bookkeeping: no
// money moves, and so a transaction that was only called captured has nothing
// to refund. A capture that still waits for the batch is taken back when its
// transaction becomes new or cancelled.
func (g *Gateway) changeStatusCall(c *batch, q query) answer {
	to, isAction := changedStatus(q.text("action"))
	return g.handle(c, q, handling{
		amount: true,
		allowed: func(r *record, q query, m Move) *refusal {
			switch {
			case !isAction:
				return parameterError("Error in argument action")
			case m.Amount.Minor() > r.Amount.Minor():
				return refuse(resultAmountTooHigh)
			}
			return refuse(mayChange(r.Status, to, q.on("force")))
		},
		do: func(c *batch, r *record, m Move) {
			if r.Status == StatusCapturePending && to != StatusCaptured {
				open, err := r.openMove()
				if err != nil {
					panic(err) // 12 is in flight
				}
				m.Kind, m.Amount = MoveCaptureDeclined, open.Amount
				r = c.enter(r, m)
			}
			c.turn(r, to, m.Time)
		},
	})
}

func changedStatus(action string) (Status, bool) {
	switch action {
	case "new":
		return StatusAuthorised, true
	case "captured":
		return StatusCaptured, true
	case "matched":
		return StatusBalanced, true
	case "canceled":
		return StatusCancelled, true
	}
	return 0, false
}

// mayChange answers whether a person may call what is from, to.
func mayChange(from, to Status, force bool) resultCode {
	switch from {
	case StatusCaptured, StatusBalanced:
		if from != to && (to == StatusCaptured || to == StatusBalanced) {
			return resultAccepted
		}
	case StatusDeclined, StatusDeclinedByDIBS, StatusAuthorised, StatusCapturePending, StatusAwaitingShop:
		if force && from != to && to != StatusBalanced {
			return resultAccepted
		}
	}
	return resultStatusForbids
}

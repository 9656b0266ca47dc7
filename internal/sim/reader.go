package sim

import (
	"context"
	"io"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
)

func (g gateway) TransStatus(ctx context.Context, id dibs.TransactID) (dibs.Status, error) {
	a, err := g.read(ctx, "transstatus.pml", string(id))
	if err != nil {
		return 0, err
	}
	return a.status, nil
}

// PayInfo has the captured amount once there is one, or the authorised one for
// good: nobody knows which (flexwin.md 12, row 3).
func (g gateway) PayInfo(ctx context.Context, id dibs.TransactID) (dibs.PayInfo, error) {
	a, err := g.read(ctx, "payinfo.cgi", string(id))
	if err != nil {
		return dibs.PayInfo{}, err
	}
	amount := a.amount
	if a.captured > 0 && !plan.Split(a.status) && g.p.h.lowersPayInfo {
		amount = a.captured
	}
	return dibs.PayInfo{Transact: id, Status: a.status, Amount: dkk(amount), OrderID: a.orderID}, nil
}

// SplitPayInfo has the sums of a base (flexwin.md 6.9). What the acquirer is
// looking at just now is in none of them.
func (g gateway) SplitPayInfo(ctx context.Context, id dibs.TransactID, _ money.Currency) (dibs.SplitPayInfo, error) {
	a, err := g.read(ctx, "splitpay_info.cgi", string(id))
	if err != nil {
		return dibs.SplitPayInfo{}, err
	}
	if !plan.Split(a.status) {
		return dibs.SplitPayInfo{}, &dibs.DeclinedError{Service: "splitpay_info.cgi", Transact: id, Result: dibs.ResultStatusForbids}
	}
	info := dibs.SplitPayInfo{Transact: id, State: dibs.SplitOpen, Authorised: dkk(a.amount), Left: dkk(a.amount - a.captured), Refunded: dkk(0), PendingRefunds: dkk(0)}
	captured, pending := a.captured, int64(0)
	for _, f := range a.flights {
		captured -= f.minor
		if !f.sent {
			pending += f.minor
		}
	}
	info.Captured, info.Settled, info.PendingCaptures = dkk(captured), dkk(captured), dkk(pending)
	switch {
	case a.status == dibs.StatusMulticapClosed && pending > 0:
		info.State = dibs.SplitClosing
	case a.status == dibs.StatusMulticapClosed:
		info.State = dibs.SplitClosed
	}
	if captured+pending == a.captured {
		g.p.h.story.summed(&a)
		if !g.planning && g.p.sums != nil {
			g.p.sums[string(id)] = a.captured
		}
	}
	return info, nil
}

// read returns a copy of an account as it is when the question arrives.
func (g gateway) read(ctx context.Context, service, transact string) (seen account, err error) {
	h := g.p.h
	dead := g.p.around(service, transact, func() {
		h.bank.catchUp()
		a := h.bank.account(transact)
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case a == nil:
			err = &dibs.NotFoundError{Service: service, What: transact}
		case h.unlucky(h.luck.blind):
			h.saw(sawBlind)
			err = io.ErrUnexpectedEOF
		default:
			seen = *a
			h.story.saw(a)
			if !g.planning && g.p.seen != nil {
				g.p.seen[transact] = a.status
			}
		}
	})
	if dead != nil {
		return seen, dead
	}
	return seen, err
}

// TransInfo finds the newest transaction of an order (flexwin.md 6.2).
func (g gateway) TransInfo(ctx context.Context, r dibs.TransInfoRequest) (info dibs.TransInfo, err error) {
	h := g.p.h
	dead := g.p.around("transinfo.cgi", r.OrderID, func() {
		h.bank.catchUp()
		newest := ""
		for _, a := range h.bank.accounts {
			if a.merchant == g.merchant && a.orderID == r.OrderID && dkk(a.amount) == r.Amount && a.transact > newest {
				newest = a.transact
			}
		}
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case h.unlucky(h.luck.blind):
			h.saw(sawBlind)
			err = io.ErrUnexpectedEOF
		case newest == "":
			err = &dibs.NotFoundError{Service: "transinfo.cgi", What: r.OrderID}
		default:
			info = dibs.TransInfo{Transacts: []dibs.TransactID{dibs.TransactID(newest)}}
		}
		if !g.planning && g.p.orders != nil {
			g.p.orders[r.OrderID] = true
		}
	})
	if dead != nil {
		return info, dead
	}
	return info, err
}

func dkk(minor int64) money.Amount {
	c, err := money.ParseCurrency("DKK")
	if err != nil {
		panic(err)
	}
	a, err := money.New(minor, c)
	if err != nil {
		panic(err)
	}
	return a
}

package dibs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// TransInfo finds the transaction of an order by its order id and the exact
// amount that was authorised (flexwin.md 6.2). It needs no login. The error is
// a [*NotFoundError], or says why the gateway could not be read.
func (c *Client) TransInfo(ctx context.Context, r TransInfoRequest) (TransInfo, error) {
	info, err := c.transInfo(ctx, r)
	if errors.Is(err, errNotFound) {
		return TransInfo{}, &NotFoundError{transInfoCGI.String(), fmt.Sprintf("order %q of %s", r.OrderID, r.Amount)}
	} else if err != nil {
		return TransInfo{}, fmt.Errorf("%s order %q: %w", transInfoCGI, r.OrderID, err)
	}
	return info, nil
}

func (c *Client) transInfo(ctx context.Context, r TransInfoRequest) (TransInfo, error) {
	if err := errors.Join(checkOrderID(r.OrderID), checkAmount(r.Amount)); err != nil {
		return TransInfo{}, err
	}
	f := make(form, 0, 192)
	f.add("merchant", c.merchant)
	f.add("orderid", r.OrderID)
	f.add("currency", r.Amount.Currency().Number())
	f.add("amount", strconv.FormatInt(r.Amount.Minor(), 10))
	f.addSome("account", c.account)
	body, whole, err := c.ask(ctx, transInfoCGI, f)
	if err != nil {
		return TransInfo{}, err
	}
	info, err := readTransInfo(body, whole)
	if err != nil {
		return TransInfo{}, c.unreadable(body, err)
	}
	info.ApprovalCode = c.cleaner.clean(info.ApprovalCode, maxCode)
	info.ActionCode = c.cleaner.clean(info.ActionCode, maxCode)
	return info, nil
}

// readTransInfo reads the reply of transinfo.cgi: pairs with exactly one status
// and at least one transact. An empty reply means that there is no such order.
func readTransInfo(body string, whole bool) (TransInfo, error) {
	r, err := readStatusReply(body, whole)
	if err != nil {
		return TransInfo{}, err
	}
	var info TransInfo
	var found []numbered
	statuses := 0
	for name, value := range r.pairs() {
		switch name {
		case "status":
			n, ok := code(value)
			if !ok || n > int(CoarseInserted) {
				return TransInfo{}, errStatus
			}
			info.Status = CoarseStatus(n)
			statuses++
		case "approvalcode":
			info.ApprovalCode = value
		case "actioncode":
			info.ActionCode = value
		default:
			if place, ok := transactPlace(name); ok {
				found = append(found, numbered{place, name, TransactID(value)})
			}
		}
	}
	if statuses != 1 {
		return TransInfo{}, errStatus
	}
	info.Transacts, err = inOrder(r, found)
	return info, err
}

// A numbered transact is one of those that a split authorisation answers with.
type numbered struct {
	place    int
	name     string
	transact TransactID
}

// transactPlace reads "transact" as 0 and "transact12" as 12.
func transactPlace(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, "transact")
	if !ok || digits == "" {
		return 0, ok
	}
	if !number(digits) {
		return 0, false
	}
	return code(digits)
}

// inOrder sorts by place, and refuses none at all, two for one place, and what
// is no transact or may be a part of one.
func inOrder(r reply, found []numbered) ([]TransactID, error) {
	slices.SortStableFunc(found, func(a, b numbered) int { return cmp.Compare(a.place, b.place) })
	ids := make([]TransactID, 0, 1)
	for i, f := range found {
		switch {
		case i > 0 && found[i-1].place == f.place || checkTransact(f.transact) != nil:
			return nil, errTransact
		case r.mayBeCut(f.name):
			return nil, errCut
		}
		ids = append(ids, f.transact)
	}
	if len(ids) == 0 {
		return nil, errTransact
	}
	return ids, nil
}

package apply

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"flexform/dibs"
	"flexform/dibs/bulk"
	"flexform/schema"
	"flexform/statefile"
)

// A Session is a connection to the server of a merchant's bulk files.
type Session interface {
	bulk.Remote
	Close() error
}

// A parcel is a bulk file, and the actions that its rows stand for. It is made
// of what the ledger keeps of them, and of nothing else, so that a later
// process makes the same bytes.
type parcel struct {
	name     bulk.Name
	merchant string
	file     bulk.File
	data     []byte
	ids      []string // of the actions, by row
}

// aRow is what a row is made of.
type aRow struct {
	action  string
	step    statefile.Step
	orderID string
}

func newParcel(name bulk.Name, merchant string, mode schema.Mode, rows []aRow) (parcel, error) {
	p := parcel{name: name, merchant: merchant}
	file, err := fileOf(mode, rows)
	if err != nil {
		return parcel{}, err
	}
	p.file = file
	for _, r := range rows {
		p.ids = append(p.ids, r.action)
	}
	p.data, err = p.file.Encode()
	return p, err
}

func fileOf(mode schema.Mode, rows []aRow) (bulk.File, error) {
	list := make([]bulk.Row, len(rows))
	for i, r := range rows {
		amount, err := r.step.Amount()
		if err != nil {
			return bulk.File{}, fmt.Errorf("%s: %w", r.action, err)
		}
		list[i] = bulk.Row{Transact: dibs.TransactID(r.step.Transact), OrderID: r.orderID, Amount: amount, Test: mode == schema.ModeTest}
	}
	return bulk.NewFile(bulk.Refund, list), nil
}

func (p parcel) digest() string {
	sum := sha256.Sum256(p.data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// recorded makes the parcel of a batch in the ledger again.
func (r *Runner) recorded(use statefile.BatchUse) (parcel, error) {
	name, err := bulk.ParseName(use.Name)
	if err != nil {
		return parcel{}, err
	}
	state := r.Ledger.State()
	actions, orders := state.BatchActions(use.Name)
	rows := make([]aRow, len(actions))
	for i, a := range actions {
		rows[i] = aRow{a.ID, a.Step, orders[i]}
	}
	return newParcel(name, use.Merchant, schema.Mode(state.Mode()), rows)
}

// ErrNotInFile is why an action of a plan does not go with a bulk file.
var ErrNotInFile = errors.New("a bulk file takes refunds only, and one of a transaction: plan again for a normal apply")

// parcels sorts out which jobs can go with a file, one file a merchant, in the
// order of the plan. An error means that the plan cannot be sent like this, and
// nothing was tried.
func (r *Runner) parcels(jobs []job, mode schema.Mode) (order []string, in map[string][]job, err error) {
	in = map[string][]job{}
	for merchant, lanes := range lanes(jobs) {
		for _, lane := range lanes {
			if len(lane) == 1 && lane[0].Verb == statefile.Refund {
				in[merchant] = append(in[merchant], lane[0])
			}
		}
	}
	for _, j := range jobs {
		list := in[j.Merchant]
		if len(list) == 0 || list[0].index != j.index {
			continue
		}
		order = append(order, j.Merchant)
		if r.Merchants[j.Merchant].Drop == nil {
			return nil, nil, fmt.Errorf("merchant %s: %w", j.Merchant, errNoDrop)
		}
		rows := make([]aRow, len(list))
		for i, j := range list {
			rows[i] = j.row()
		}
		file, err := fileOf(mode, rows)
		if err == nil {
			err = file.Check()
		}
		if err != nil {
			return nil, nil, fmt.Errorf("the refunds of merchant %s cannot go with a bulk file: %w", j.Merchant, err)
		}
	}
	if len(order) == 0 {
		return nil, nil, errNoRefund
	}
	return order, in, nil
}

var (
	errNoDrop   = errors.New("no server for bulk files is configured")
	errNoRefund = errors.New("the plan has no refund that could go with a bulk file")
)

func (j job) row() aRow { return aRow{j.id, j.step, j.OrderID} }

// within opens a session for one piece of work. An error of the session's end
// says nothing about what was done in it.
func (r *Runner) within(ctx context.Context, merchant string, work func(bulk.Drop) error) (err error) {
	m, ok := r.Merchants[merchant]
	switch {
	case !ok:
		return fmt.Errorf("merchant %s: %w", merchant, errNoMerchant)
	case m.Drop == nil:
		return fmt.Errorf("merchant %s: %w", merchant, errNoDrop)
	}
	session, err := m.Drop(ctx)
	if err != nil {
		return &DropError{merchant, err}
	}
	defer session.Close()
	return work(bulk.Drop{Remote: session})
}

// A DropError reports that a merchant's server for bulk files could not be
// reached, or did not let us in.
type DropError struct {
	Merchant string
	Err      error
}

func (e *DropError) Error() string {
	return fmt.Sprintf("the server for bulk files of merchant %s could not be used: %v", e.Merchant, e.Err)
}

func (e *DropError) Unwrap() error { return e.Err }

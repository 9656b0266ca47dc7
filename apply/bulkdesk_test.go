package apply

import (
	"context"

	"flexform/dibs"
	"flexform/dibs/bulk"
	"flexform/dibs/bulk/bulktest"
	"flexform/statefile"
)

// A desk is DIBS' side of bulk files, at a bank.
type desk struct {
	*bulktest.Desk
	dials  int
	atOnce bool // carries out as soon as a file is released
}

func newDesk(b *bank) *desk {
	return &desk{Desk: bulktest.New(func(_ string, r bulk.Row) dibs.Result {
		b.mu.Lock()
		defer b.mu.Unlock()
		if a := b.accounts[r.Transact]; a != nil && a.orderID == r.OrderID {
			return a.commit(statefile.Refund, r.Amount.Minor(), b.pending)
		}
		return dibs.ResultOrderMismatch
	})}
}

// A trappedSession is a session with the desk of a process that may die.
type trappedSession struct {
	desk *desk
	trap *trap
}

var _ Session = trappedSession{}

// drop opens sessions, each of which is a contact.
func (d *desk) drop(tr *trap) func(context.Context) (Session, error) {
	return func(ctx context.Context) (Session, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := tr.around("dial", func() { d.dials++ }); err != nil {
			return nil, err
		}
		return trappedSession{d, tr}, nil
	}
}

func (s trappedSession) Close() error { return nil }

func (s trappedSession) step(ctx context.Context, what string, effect func() error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if trapped := s.trap.around(what, func() {
		if err = effect(); s.desk.atOnce {
			s.desk.Work()
		}
	}); trapped != nil {
		return trapped
	}
	return err
}

func (s trappedSession) List(ctx context.Context) (names []string, err error) {
	err = s.step(ctx, "List", func() error { names = s.desk.Desk.List(); return nil })
	return names, err
}

func (s trappedSession) Read(ctx context.Context, file string) (data []byte, err error) {
	err = s.step(ctx, "Read", func() error { data, err = s.desk.Desk.Read(file); return err })
	return data, err
}

func (s trappedSession) Create(ctx context.Context, file string, data []byte) error {
	return s.step(ctx, "Create", func() error {
		if s.trap.n == s.trap.at && s.trap.how.Short {
			data = data[:len(data)/2]
		}
		return s.desk.Desk.Create(file, data)
	})
}

func (s trappedSession) Remove(ctx context.Context, file string) error {
	return s.step(ctx, "Remove", func() error { return s.desk.Desk.Remove(file) })
}

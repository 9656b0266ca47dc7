package sim

import (
	"context"
	"errors"
	"slices"

	"flexform/apply"
	"flexform/dibs"
	"flexform/dibs/bulk"
	"flexform/dibs/bulk/bulktest"
	"flexform/statefile"
)

// openDesks gives each merchant a server for bulk files, which clears up in a
// way of its own and answers as badly as luck has it.
func (h *history) openDesks() {
	for _, m := range h.shop.config.Merchants {
		d := bulktest.New(h.payRow)
		d.Clears = bulktest.Clearing(h.random.IntN(3))
		d.Leaves = func(bulk.Row) bool { return h.mishap(50, sawLeftOut) }
		d.Skips = func(bulk.Row) bool { return h.mishap(30, sawLeftOut) }
		h.desks = append(h.desks, d)
		h.deskOf[m.ID] = d
	}
}

// mishap draws whether something happens that is worth to be counted.
func (h *history) mishap(n, sight int) bool {
	if !h.unlucky(n) {
		return false
	}
	h.saw(sight)
	return true
}

// workDesks is DIBS' turn: now and then it loses a file.
func (h *history) workDesks() {
	for _, d := range h.desks {
		if waiting := slices.DeleteFunc(d.Released(), func(stem string) bool { return !d.Waiting(stem) }); len(waiting) > 0 && h.mishap(h.luck.misplace, sawMisplaced) {
			h.tracef("    DIBS loses %s", waiting[0])
			d.Lose(waiting[0])
		}
		d.Garbage = h.unlucky(30)
		before := len(d.List())
		d.Work()
		if d.Garbage && len(d.List()) > before {
			h.saw(sawGarbage)
		}
	}
	h.audit.worked()
}

// payRow carries out one row of a file.
func (h *history) payRow(stem string, row bulk.Row) dibs.Result {
	h.bank.catchUp()
	c := h.audit.row(stem, row)
	if c == nil {
		return dibs.ResultOrderMismatch
	}
	a := h.bank.account(c.transact)
	r := &request{process: c.owner, account: a, verb: statefile.Refund, minor: row.Amount.Minor(), file: stem}
	if first := c.request; first != nil && first.took {
		h.saw(sawFileTwice)
		if v := h.bank.take(r); v.accepted {
			h.failf("%s was carried out twice, as a row of %s", c.id, stem)
		}
		return dibs.ResultStatusForbids
	}
	c.request = r
	if h.unlucky(h.luck.refused) {
		i := h.random.IntN(len(refusals))
		h.saw(sawRefused + i)
		return dibs.Result(refusals[i])
	}
	v := h.bank.take(r)
	h.tracef("    %s carries out %s: %v", stem, c.id, v)
	if h.unlucky(h.luck.odd) {
		return dibs.ResultTimeout
	}
	return dibs.Result(v.code)
}

// An errand is one session with the server of a merchant's files.
type errand struct {
	p        *process
	merchant string
	desk     *bulktest.Desk
}

var _ apply.Session = errand{}

// drop is the Merchant's Drop.
func (p *process) drop(merchant string) func(context.Context) (apply.Session, error) {
	return func(ctx context.Context) (apply.Session, error) {
		e := errand{p, merchant, p.h.deskOf[merchant]}
		return e, e.step(ctx, "connect", "", func(bool) error { return nil })
	}
}

func (e errand) Close() error { return nil }

var errServer = errors.New("connection to the server of files lost")

// step is one exchange with the server. A cut one may have had its effect, in
// part or not at all.
func (e errand) step(ctx context.Context, op, file string, effect func(cut bool) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	h := e.p.h
	dead := e.p.around("bulk "+op, file, func() {
		failed := h.mishap(h.luck.server, sawServer)
		if !failed || h.random.IntN(2) == 0 {
			err = effect(failed)
		}
		if failed {
			e.p.hurt, err = true, errServer
		}
	})
	if dead != nil {
		return dead
	}
	return err
}

func (e errand) List(ctx context.Context) (names []string, err error) {
	err = e.step(ctx, "list", "", func(bool) error { names = e.desk.List(); return nil })
	return names, err
}

func (e errand) Read(ctx context.Context, file string) (data []byte, err error) {
	err = e.step(ctx, "read", file, func(bool) (err error) { data, err = e.desk.Read(file); return err })
	return data, err
}

func (e errand) Create(ctx context.Context, file string, data []byte) error {
	return e.step(ctx, "create", file, func(cut bool) error {
		n, part, err := bulk.ParseFile(file)
		if err != nil {
			e.p.h.failf("file %s on the server: %v", file, err)
			return err
		}
		// The client asks right before this exchange, and here it may have stood
		// still since: what is left of that gap, no program closes.
		if late := dibs.MaySend(ctx); part == bulk.RunFile && late != nil && e.p.h.bug != bugSleepyhead {
			e.p.h.saw(sawTooLate)
			return late
		}
		if cut && len(data) > 0 {
			data = data[:e.p.h.random.IntN(len(data))]
		}
		if err := e.desk.Create(file, data); err != nil {
			return err
		}
		if part == bulk.RunFile {
			e.p.h.audit.released(e.p, n.String())
		}
		return nil
	})
}

func (e errand) Remove(ctx context.Context, file string) error {
	return e.step(ctx, "remove", file, func(bool) error { return e.desk.Remove(file) })
}

// fetchFile is a person who deletes what lies at the server of a file that
// nobody will carry out any more, so that nobody can by mistake. It reports
// whether that is so.
func (h *history) fetchFile(merchant, stem string) bool {
	d := h.deskOf[merchant]
	if d.Waiting(stem) {
		return false
	}
	d.Lose(stem)
	h.audit.worked()
	return true
}

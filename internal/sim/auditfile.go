package sim

import "flexform/dibs/bulk"

// A bulkFile is a bulk file as the ledger has it.
type bulkFile struct {
	merchant string
	rows     []*claim
	word     string   // "batch", "releasing", "released": the last about it
	by       *process // who recorded that
}

// batch learns what the ledger says of a bulk file.
func (a *audit) batch(p *process, kind string, line []byte) {
	name := member(line, "batch")
	if kind == "batch" {
		name = member(line, "name")
		if a.bulk[name] != nil {
			a.h.failf("the name of bulk file %s is claimed twice", name)
		}
		a.bulk[name] = &bulkFile{merchant: member(line, "merchant")}
	}
	f := a.bulk[name]
	if f == nil {
		a.h.failf("%s of bulk file %s, whose name nobody claimed", kind, name)
		return
	}
	f.word, f.by = kind, p
}

// released holds the release of a bulk file against the ledger, in the moment
// it happens: that it is about to be released is on the disk, by this very
// process, and so is every row, which stands where it was seen last.
func (a *audit) released(p *process, name string) {
	f := a.bulk[name]
	switch {
	case a.stopped:
		return
	case f == nil || len(f.rows) == 0:
		a.h.failf("bulk file %s was released, and the ledger has no rows of it", name)
		return
	case f.word != "releasing" || f.by != p:
		a.h.failf("bulk file %s was released by process %d, and the ledger's last word is %s by process %d", name, p.n, f.word, f.by.n)
	}
	for _, c := range f.rows {
		status, looked := p.seen[c.transact]
		switch {
		case c.state != "intent":
			a.h.failf("bulk file %s was released when %s was %s", name, c.id, c.state)
		case !looked || status != c.before:
			a.h.failf("bulk file %s was released after a look at %s that showed %s (%t), and the intent says %s", name, c.transact, status, looked, c.before)
		}
		if c.request == nil || !c.request.took {
			c.request = &request{process: p, account: a.h.bank.account(c.transact), verb: c.verb, minor: c.to - c.from, file: name, pending: true}
		}
	}
}

// row finds the claim of a row that is about to be carried out.
func (a *audit) row(name string, row bulk.Row) *claim {
	f := a.bulk[name]
	switch {
	case a.stopped:
		return nil
	case f == nil:
		a.h.failf("bulk file %s is carried out, and the ledger has none", name)
		return nil
	}
	for _, c := range f.rows {
		if c.transact != string(row.Transact) {
			continue
		}
		if c.to-c.from != row.Amount.Minor() || c.order != row.OrderID || row.Test {
			a.h.failf("%s has row %+v, and the ledger %s", name, row, c.id)
		}
		return c
	}
	a.h.failf("bulk file %s has a row for %s, and the ledger none", name, row.Transact)
	return nil
}

// worked learns that DIBS did something about files: rows of which nothing is
// to come any more are not pending.
func (a *audit) worked() {
	for name, f := range a.bulk {
		if a.h.deskOf[f.merchant].Waiting(name) {
			continue
		}
		for _, c := range f.rows {
			if c.request != nil {
				c.request.pending = false
			}
		}
	}
}

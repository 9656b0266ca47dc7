package sandbox

import (
	"context"
	"fmt"
	"time"
)

// RunBulk carries out every batch that was released and waits, whatever
// [Options.Bulk] says, and returns how many. A batch is carried out whole: its
// rows, its response and the note that its name is used become durable
// together, so a killed gateway has done all of it or nothing.
func (g *Gateway) RunBulk() (int, error) {
	return g.runBulk(func(time.Time) bool { return true })
}

// RunBulkDue is [Gateway.RunBulk] for the batches whose time has come. It does
// nothing unless Options.Bulk is a duration. [Serve] calls it by itself.
func (g *Gateway) RunBulkDue() (int, error) {
	if g.bulk <= Instant {
		return 0, nil
	}
	now := g.now()
	return g.runBulk(func(released time.Time) bool { return now.Sub(released) >= time.Duration(g.bulk) })
}

func (g *Gateway) runBulk(due func(released time.Time) bool) (int, error) {
	done := 0
	for _, n := range g.dueBulk(due) {
		err := g.writer.do(func(c *batch) {
			// Another run may have been quicker, and the run file may be gone.
			if run := c.file(n.file(bulkRun)); run != nil && !c.used(n.batch) {
				g.carryOut(c, n, run.Time)
				done++
			}
		})
		if err != nil {
			return done, fmt.Errorf("bulk %s: %w", n.batch, err)
		}
	}
	return done, nil
}

func (g *Gateway) dueBulk(due func(time.Time) bool) []bulkName {
	g.book.mu.RLock()
	defer g.book.mu.RUnlock()
	var names []bulkName
	for _, n := range g.book.waitingBulk() {
		if due(g.book.released[n]) {
			names = append(names, n)
		}
	}
	return names
}

// bulkUntil carries out what is due until ctx ends.
func (g *Gateway) bulkUntil(ctx context.Context) error {
	return every(ctx, g.bulk, func() error {
		_, err := g.RunBulkDue()
		return err
	})
}

// release notes that a run file was made, and carries the batch out if nothing
// has to be waited for.
func (g *Gateway) release(c *batch, run *BulkFile) {
	n, ofBatch := parseBulkName(run.Name)
	if ofBatch && n.part == bulkRun && g.bulk == Instant {
		g.carryOut(c, n, run.Time)
	}
}

// carryOut carries a batch out and writes its response. A file that cannot be
// read, or that is not there, gets a response with an error instead, and
// nothing of it is done; the documentation is silent on that.
func (g *Gateway) carryOut(c *batch, n bulkName, released time.Time) {
	done := &BulkBatch{Name: n.batch, Kind: string(n.kind), Released: released, Done: g.now(), Rows: []BulkRow{}}
	response, err := g.carryOutRows(c, n, done)
	if err != nil {
		done.Error = err.Error()
		response = bulkProblem(err)
	}
	c.bulk = append(c.bulk, done)
	c.putFile(BulkFile{Name: n.file(bulkResponse), Data: response, Time: done.Done})
	c.putFile(BulkFile{Name: n.file(bulkResponseRun), Time: done.Done})
	if g.clears {
		c.files[n.file(bulkRows)], c.files[n.file(bulkRun)] = nil, nil
	}
}

func (g *Gateway) carryOutRows(c *batch, n bulkName, done *BulkBatch) ([]byte, error) {
	f := c.file(n.file(bulkRows))
	if f == nil {
		return nil, fmt.Errorf("there is no %s", n.file(bulkRows))
	}
	text, err := readBulk(n.kind, f.Data)
	if err != nil {
		return nil, err
	}
	answers := make([]bulkAnswer, len(text.rows))
	for i, row := range text.rows {
		answers[i] = g.carryOutRow(c, n, row, done.Done)
		done.Rows = append(done.Rows, answers[i].logged(n.kind))
	}
	return text.response(n.kind, answers), nil
}

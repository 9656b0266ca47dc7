package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"

	"flexform/statefile"
)

// Read returns what the ledger says, without locking it. A ledger without
// entries is one that is not there yet; tables that are not there are an error,
// because a database that knows of nothing may be the wrong one.
//
// The error is a [*statefile.CorruptError], a [*statefile.VersionError], a
// [*ServerError] or an [*AccessError].
func (p *Place) Read(ctx context.Context) (*statefile.State, error) {
	conn, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx)) // only read
	replay, err := p.replay(ctx, conn, func(statefile.Entry) bool { return true })
	if err != nil {
		return nil, err
	}
	return replay.State(), nil
}

// Entries yields the entries of the ledger in order, each one verified. An
// error is the last that it yields; it is one of those of [Place.Read].
func (p *Place) Entries(ctx context.Context) iter.Seq2[statefile.Entry, error] {
	return func(yield func(statefile.Entry, error) bool) {
		conn, err := p.connect(ctx)
		if err != nil {
			yield(statefile.Entry{}, err)
			return
		}
		defer conn.Close(context.WithoutCancel(ctx)) // only read
		_, err = p.replay(ctx, conn, func(e statefile.Entry) bool { return yield(e, nil) })
		if err != nil && !errors.Is(err, errStop) {
			yield(statefile.Entry{}, err)
		}
	}
}

// errStop ends a replay that nobody wants to hear more of.
var errStop = errors.New("stop")

// readSQL has each entry with what stands beside its line: that must be the
// same.
const readSQL = `SELECT e.seq, coalesce(e.prev, ''), e.hash, coalesce(c.key, ''), e.line
FROM {entries} e LEFT JOIN {claims} c ON c.ledger = e.ledger AND c.seq = e.seq
WHERE e.ledger = $1 ORDER BY e.seq`

// replay verifies every row, all at one moment of the database.
func (p *Place) replay(ctx context.Context, conn *pgx.Conn, each func(statefile.Entry) bool) (*statefile.Replay, error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, p.failed("read", err)
	}
	r := statefile.NewReplay(p.String())
	last, err := p.replayRows(ctx, tx, r, each)
	if err != nil {
		return nil, err // the session is of no use to anybody any more
	}
	var claimed int64
	if err := tx.QueryRow(ctx, p.sql("SELECT coalesce(max(seq), 0) FROM {claims} WHERE ledger = $1"), p.name).Scan(&claimed); err != nil {
		return nil, p.failed("read", err)
	}
	if claimed > last {
		return nil, r.Corrupt(fmt.Sprintf("it is missing: the claims know of entries up to %d", claimed))
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, p.failed("read", err)
	}
	return r, nil
}

func (p *Place) replayRows(ctx context.Context, tx pgx.Tx, r *statefile.Replay, each func(statefile.Entry) bool) (last int64, err error) {
	rows, err := tx.Query(ctx, p.sql(readSQL), p.name)
	if err != nil {
		return 0, p.failed("read", err)
	}
	// Rows that nobody wants are not waited for: the session ends with them.
	for rows.Next() {
		var seq int64
		var prev, hash, key, line string
		if err := rows.Scan(&seq, &prev, &hash, &key, &line); err != nil {
			return 0, p.failed("read", err)
		}
		if seq != last+1 {
			return 0, r.Corrupt(fmt.Sprintf("the row that follows has the number %d", seq))
		}
		e, err := r.Line([]byte(line))
		if err != nil {
			return 0, err
		}
		last = seq
		if why := beside(e, prev, hash, key); why != "" {
			return 0, &statefile.CorruptError{Path: p.String(), Seq: e.Seq, Why: why}
		}
		if !each(e) {
			return 0, errStop
		}
	}
	if err := rows.Err(); err != nil {
		return 0, p.failed("read", err)
	}
	return last, nil
}

// beside says what of a row does not agree with its line.
func beside(e statefile.Entry, prev, hash, key string) string {
	switch {
	case prev != e.Prev || hash != e.Hash:
		return "its row has another hash than its line"
	case key != e.Claim():
		return fmt.Sprintf("it claims %q, and the claims have %q for it", cmp.Or(e.Claim(), "nothing"), cmp.Or(key, "nothing"))
	}
	return ""
}

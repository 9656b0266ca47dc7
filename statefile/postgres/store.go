package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flexform/statefile"
)

const (
	firstPause   = 20 * time.Millisecond
	longestPause = time.Second
)

// A store writes for one [statefile.Writer]. When its session is lost it opens
// another, and believes nothing but what that one finds.
type store struct {
	session *session
	seq     int64  // of the last entry that is known to be written
	hash    string // of that
}

// A row is one entry on its way to the tables.
type row struct {
	seq                   int64
	prev, hash, key, line string
}

func rowsOf(l statefile.Lines) []row {
	var rows []row
	for e, line := range l.Entries() {
		rows = append(rows, row{int64(e.Seq), e.Prev, e.Hash, e.Claim(), string(line)})
	}
	return rows
}

// An OvertakenError reports that the ledger is not as this process left it:
// somebody else has written to it, or has put another in its place. Nothing was
// written.
type OvertakenError struct{ Why string }

func (e *OvertakenError) Error() string {
	return e.Why + "; nothing more is written or sent from here: run the command again, it sees what is there now"
}

// Append is that of [statefile.Store].
//
// When it is not known whether a transaction was committed, a new session looks
// for the rows. They are written again only when it does not find them, and
// then under the same keys: of two that write them one is refused.
func (s *store) Append(l statefile.Lines) error {
	rows := rowsOf(l)
	if err := s.settle(s.write, rows); err != nil {
		return err
	}
	last := rows[len(rows)-1]
	s.seq, s.hash = last.seq, last.hash
	return nil
}

// Reserve sees to it that the database can be written to and that the ledger is
// as it was left. Room on the server's disk cannot be reserved: when that is
// full no intent can be written, and so nothing is sent.
func (s *store) Reserve(int) error {
	if err := s.settle(s.look, nil); err != nil {
		return fmt.Errorf("prepare the record: %w", err)
	}
	return nil
}

// Close gives the ledger back.
func (s *store) Close() error {
	s.session.close()
	return nil
}

// settle does something on the session at hand, and when what came of it is not
// known, finds out by new ones, for as long as there is patience. After an error
// it leaves no session, and so no lock that keeps others away.
func (s *store) settle(do func(context.Context, []row) error, rows []row) (err error) {
	defer func() {
		switch _, overtaken := errors.AsType[*OvertakenError](err); {
		case overtaken: // by a server that answers: it takes the lock back at once
			s.session.close()
		case err != nil:
			s.session.drop()
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), s.session.patience)
	defer cancel()
	err = try(ctx, rows, do)
	for pause := firstPause; lostWrite(err); pause = min(2*pause, longestPause) {
		if sleep(ctx, pause) != nil {
			return fmt.Errorf("whether it was written is not known, as the database could not be asked for %v: %w", s.session.patience, err)
		}
		err = try(ctx, rows, s.prove)
	}
	return err
}

// try bounds one dialogue with the server.
func try(ctx context.Context, rows []row, do func(context.Context, []row) error) error {
	ctx, cancel := context.WithTimeout(ctx, longestTry)
	defer cancel()
	return do(ctx, rows)
}

// lostWrite reports whether an error leaves open whether rows are written.
func lostWrite(err error) bool {
	_, overtaken := errors.AsType[*OvertakenError](err)
	_, unfit := errors.AsType[*ServerError](err)
	return !overtaken && !unfit && lost(err)
}

// write writes rows behind the entry that is known to be the last: all of them
// or none.
func (s *store) write(ctx context.Context, rows []row) error {
	conn := s.session.conn
	if _, err := conn.PgConn().Exec(ctx, "BEGIN; SET LOCAL synchronous_commit TO on; SET LOCAL lock_timeout TO 5000").ReadAll(); err != nil {
		return s.session.failed("write", err)
	}
	insert, args := s.insertion(rows)
	if _, err := conn.Exec(ctx, insert, args...); err != nil {
		return s.refused(rows, err)
	}
	switch tag, err := conn.Exec(ctx, "COMMIT"); {
	case err != nil:
		return s.refused(rows, err)
	case tag.String() != "COMMIT":
		return &ServerError{s.session.String(), fmt.Sprintf("the server answered COMMIT with %s", tag)}
	}
	return nil
}

// One statement, so that an entry is never there without its claim.
const insertSQL = `WITH claimed AS (INSERT INTO {claims} (ledger, key, seq) SELECT $1, k, s FROM unnest($2::text[], $3::bigint[]) AS c (k, s))
INSERT INTO {entries} (ledger, seq, prev, hash, line) SELECT $1, s, nullif(p, ''), h, l FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[]) AS e (s, p, h, l)`

func (s *store) insertion(rows []row) (string, []any) {
	keys, claims := []string{}, []int64{} // not nil, which would be NULL
	var seqs []int64
	var prevs, hashes, lines []string
	for _, r := range rows {
		seqs, prevs, hashes, lines = append(seqs, r.seq), append(prevs, r.prev), append(hashes, r.hash), append(lines, r.line)
		if r.key != "" {
			keys, claims = append(keys, r.key), append(claims, r.seq)
		}
	}
	return s.session.sql(insertSQL), []any{s.session.name, keys, claims, seqs, prevs, hashes, lines}
}

// refused says what the tables' keys have against rows.
func (s *store) refused(rows []row, err error) error {
	switch codeOf(err) {
	case taken:
		return &OvertakenError{fmt.Sprintf("entry %d of ledger %s, or what it claims, is there already: somebody else writes to it", rows[0].seq, s.session)}
	case noSuchRow:
		return &OvertakenError{fmt.Sprintf("entry %d of ledger %s is not there any more: the ledger was cut off or replaced", s.seq, s.session)}
	}
	return s.session.failed("write", err)
}

// look sees whether the ledger ends as it was left.
func (s *store) look(ctx context.Context, _ []row) error {
	found, err := s.since(ctx)
	if err == nil && found != 0 {
		err = s.overtaken()
	}
	return err
}

// prove opens a new session in the place of the one that was lost, and looks
// for rows there. It writes them when they are not there.
func (s *store) prove(ctx context.Context, rows []row) error {
	if err := s.renew(ctx); err != nil {
		return err
	}
	found, err := s.since(ctx, rows...)
	switch {
	case err != nil:
		return err
	case found == len(rows):
		return nil
	case found > 0: // they are written together
		return s.overtaken()
	}
	return s.write(ctx, rows)
}

func (s *store) overtaken() error {
	return &OvertakenError{fmt.Sprintf("ledger %s goes on behind entry %d in another way than this process wrote it: somebody else has it now", s.session, s.seq)}
}

// since counts the entries behind the one that is known to be the last: those
// of rows. It refuses a ledger that has any other, or lacks the last one.
func (s *store) since(ctx context.Context, rows ...row) (found int, err error) {
	list, err := s.session.conn.Query(ctx, s.session.sql("SELECT seq, hash FROM {entries} WHERE ledger = $1 AND seq >= $2 ORDER BY seq"), s.session.name, s.seq)
	if err != nil {
		return 0, s.session.failed("read", err)
	}
	defer list.Close()
	known := s.seq == 0
	for list.Next() {
		var seq int64
		var hash string
		if err := list.Scan(&seq, &hash); err != nil {
			return 0, s.session.failed("read", err)
		}
		switch {
		case !known && seq == s.seq && hash == s.hash:
			known = true
		case known && found < len(rows) && seq == rows[found].seq && hash == rows[found].hash:
			found++
		default:
			return 0, s.overtaken()
		}
	}
	if err := list.Err(); err != nil {
		return 0, s.session.failed("read", err)
	}
	if !known {
		return 0, &OvertakenError{fmt.Sprintf("entry %d of ledger %s is not there any more: the ledger was cut off or replaced", s.seq, s.session)}
	}
	return found, nil
}

// renew opens a session with the lock. The old one is ended first where the
// server has not noticed that it is gone: with it ends a transaction that might
// still be on its way.
func (s *store) renew(ctx context.Context) error {
	old := s.session
	old.drop()
	fresh, err := old.begin(ctx, old.me)
	if err != nil {
		return err
	}
	got, err := fresh.take(ctx)
	if err == nil && !got {
		err = fresh.succeed(ctx)
	}
	if err != nil {
		fresh.drop()
		return err
	}
	s.session = fresh
	return nil
}

// errOldSession says that the lock may still be with a session of this process.
var errOldSession = errors.New("the session that was lost, or another one, still has the lock")

// succeed ends the session that has the lock, when that is one of this process,
// and otherwise says who has it.
func (s *session) succeed(ctx context.Context) error {
	h, err := s.Place.holder(ctx, s.conn)
	switch {
	case err != nil:
		return err
	case h.backend == 0 || h.holder == (statefile.Holder{}): // it has just gone, or has just come
		return errOldSession
	case h.holder.Token != s.me.Token:
		return &OvertakenError{fmt.Sprintf("the session with the database was lost, and ledger %s is in use by %s now", s.Place, h.holder)}
	}
	if _, err := s.conn.Exec(ctx, "SELECT pg_terminate_backend($1)", h.backend); err != nil {
		return s.failed("lock", err)
	}
	return errOldSession
}

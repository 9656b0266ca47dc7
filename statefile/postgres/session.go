package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"flexform/statefile"
)

const (
	lockTries = 15 // while a session that is over is being cleared away
	lockPause = 20 * time.Millisecond
	endTries  = 100 // while the server ends a session
)

// A session is one connection that has, or wants, the ledger's lock.
type session struct {
	*Place
	conn    *pgx.Conn
	backend int32 // the server's process for it
	me      statefile.Holder
}

// begin opens a session for writing and notes whose it is. It has no lock yet.
func (p *Place) begin(ctx context.Context, me statefile.Holder) (*session, error) {
	conn, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{Place: p, conn: conn, me: me}
	if err := s.prepare(ctx); err != nil {
		s.drop()
		return nil, err
	}
	return s, nil
}

// A machine that is gone gives its session, and the lock with it, back within
// about a minute.
const keepaliveSQL = `SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 60000`

func (s *session) prepare(ctx context.Context) error {
	if _, err := s.conn.PgConn().Exec(ctx, keepaliveSQL).ReadAll(); err != nil {
		return s.failed("open", err)
	}
	if err := s.fit(ctx); err != nil {
		return err
	}
	holder, err := json.Marshal(s.me)
	if err != nil {
		return err
	}
	// The note comes before the lock, so that whoever has the lock is known.
	note := s.sql("INSERT INTO {holders} (ledger, backend, holder) VALUES ($1, pg_backend_pid(), $2) RETURNING backend")
	if err := s.conn.QueryRow(ctx, note, s.name, string(holder)).Scan(&s.backend); err != nil {
		return s.failed("open", err)
	}
	return nil
}

// fitSQL asks for what a ledger rests on.
const fitSQL = `SELECT current_setting('server_encoding'), current_setting('fsync'),
  (SELECT coalesce(bool_and(relpersistence = 'p' AND relkind = 'r'), false) FROM pg_class WHERE oid IN ($1::text::regclass, $2::text::regclass)),
  (SELECT count(*) FROM (VALUES ($1, '{ledger,seq}'), ($2, '{ledger,key}')) AS want (name, columns) WHERE EXISTS (
    SELECT FROM pg_index i WHERE i.indrelid = want.name::text::regclass AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
      AND want.columns = (SELECT array_agg(a.attname ORDER BY k.at)::text FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, at)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum)))`

// fit refuses a database that cannot keep what it is told.
func (s *session) fit(ctx context.Context) error {
	var encoding, fsync string
	var lasting bool
	var keys int
	if err := s.conn.QueryRow(ctx, fitSQL, s.table("entries"), s.table("claims")).Scan(&encoding, &fsync, &lasting, &keys); err != nil {
		return s.failed("open", err)
	}
	refuse := func(why string) error { return &ServerError{s.String(), why} }
	switch {
	case encoding != "UTF8":
		return refuse(fmt.Sprintf("the database has the encoding %s, which cannot hold every text. Make one with ENCODING 'UTF8'", encoding))
	case fsync != "on":
		return refuse("the server runs with fsync = off: a power cut would take away what it says it has written. Nothing was recorded or sent; have it set to on")
	case !lasting:
		return refuse("its tables are unlogged or no plain tables: a crash of the server would empty them, or let an entry in twice. Have them made as `flexform ledger tables` prints them")
	case keys != 2:
		return refuse("its tables lack the keys that keep an entry from being written twice (a primary key of entries on ledger and seq, of claims on ledger and key). Have them made as `flexform ledger tables` prints them")
	}
	return nil
}

// take takes the ledger's lock. It returns false when another session has it.
func (s *session) take(ctx context.Context) (bool, error) {
	var got bool
	if err := s.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", s.lockKey()).Scan(&got); err != nil {
		return false, s.failed("lock", err)
	}
	return got, nil
}

// drop ends the session at once, and its lock with it.
func (s *session) drop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.conn.Close(ctx) // the server notices by itself what it was not told
}

// close gives the lock back before it ends the session: the next command may
// come sooner than the server has cleared a session away.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), longestTry)
	defer cancel()
	// A session that broke has no lock any more.
	_, _ = s.conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", s.lockKey())
	s.drop()
}

// Open locks the ledger for writing and verifies it. A ledger without entries
// gets its first one. Close the Writer to give the lock back.
//
// The error is a [*statefile.LockedError] when somebody else has the ledger,
// else one of those of [Place.Read].
func (p *Place) Open(ctx context.Context, o statefile.Options) (*statefile.Writer, error) {
	me, err := o.Holder()
	if err != nil {
		return nil, err
	}
	s, err := p.begin(ctx, me)
	if err != nil {
		return nil, err
	}
	if err := s.lock(ctx, me); err != nil {
		s.drop()
		return nil, err
	}
	w, err := s.writer(ctx, o)
	if err != nil {
		s.close()
		return nil, err
	}
	if _, entries := w.State().Head(); entries > 0 {
		return w, nil
	}
	created, err := o.NewLedger()
	if err == nil {
		_, err = w.Append(ctx, created)
	}
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// lock takes the lock, or says who has it. It looks again for a while: a session
// that is over may not have been cleared away yet, and whoever has just taken
// the lock may have left a note that is not seen yet.
func (s *session) lock(ctx context.Context, me statefile.Holder) error {
	locked := &statefile.LockedError{Path: s.String()}
	for range lockTries {
		got, err := s.take(ctx)
		if got || err != nil {
			return err
		}
		h, err := s.holder(ctx, s.conn)
		if err != nil {
			return err
		}
		if h.holder != (statefile.Holder{}) {
			locked.Holder, locked.Age = h.holder, age(me.Time, h.holder)
		}
		if err := sleep(ctx, lockPause); err != nil {
			return err
		}
	}
	return locked
}

// writer reads the ledger and returns what appends to it.
func (s *session) writer(ctx context.Context, o statefile.Options) (*statefile.Writer, error) {
	replay, err := s.replay(ctx, s.conn, func(statefile.Entry) bool { return true })
	if err != nil {
		return nil, err
	}
	head, seq := replay.State().Head()
	return replay.Writer(o.Now, &store{session: s, seq: int64(seq), hash: head}), nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

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

// A held lock is the session that has it.
type held struct {
	backend int32            // 0: nobody has it
	holder  statefile.Holder // zero where its note does not tell
}

// holderSQL finds the session that has the lock, and its note: the newest of
// that process of the server.
const holderSQL = `SELECT l.pid, coalesce((SELECT h.holder FROM {holders} h WHERE h.ledger = $2 AND h.backend = l.pid ORDER BY h.id DESC LIMIT 1), '')
FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((l.classid::bigint << 32) | l.objid::bigint) = $1`

func (p *Place) holder(ctx context.Context, conn *pgx.Conn) (held, error) {
	var h held
	var note string
	err := conn.QueryRow(ctx, p.sql(holderSQL), p.lockKey(), p.name).Scan(&h.backend, &note)
	if errors.Is(err, pgx.ErrNoRows) {
		return held{}, nil
	}
	if err != nil {
		return held{}, p.failed("look at the lock of", err)
	}
	if json.Unmarshal([]byte(note), &h.holder) != nil || h.holder.Token == "" {
		h.holder = statefile.Holder{}
	}
	return h, nil
}

// age is how long a holder has its lock, by our clock.
func age(now time.Time, h statefile.Holder) time.Duration {
	return max(0, now.UTC().Sub(h.Time).Round(time.Second))
}

// Lock looks at the ledger's lock; nil when there is none. The lock is a
// session's and ends with it: whether the process behind that session lives
// cannot be seen from here.
func (p *Place) Lock(ctx context.Context, o statefile.Options) (*statefile.LockInfo, error) {
	conn, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx)) // only read
	h, err := p.holder(ctx, conn)
	if err != nil || h.backend == 0 {
		return nil, err
	}
	info := &statefile.LockInfo{Path: p.String(), Session: int(h.backend), Holder: h.holder, State: statefile.HolderUnknown}
	if !h.holder.Time.IsZero() {
		info.Age = age(o.Now(), h.holder)
	}
	return info, nil
}

// Break ends the session that has the ledger's lock, which was looked at, and
// records in the ledger who did, whose it was and why.
//
// The entry comes first, without the lock: it stops the holder, should that
// live all the same, before its next call, because its next entry is refused. A
// holder that writes at this very moment is alive and keeps its lock: the error
// is a [*statefile.LockedError].
func (p *Place) Break(ctx context.Context, o statefile.Options, seen statefile.LockInfo, reason string) (statefile.Entry, error) {
	me, err := o.Holder()
	if err != nil {
		return statefile.Entry{}, err
	}
	s, err := p.begin(ctx, me)
	if err != nil {
		return statefile.Entry{}, err
	}
	defer s.drop()
	h, err := s.Place.holder(ctx, s.conn)
	if err != nil {
		return statefile.Entry{}, err
	}
	if h.backend == 0 || int(h.backend) != seen.Session || h.holder != seen.Holder {
		return statefile.Entry{}, statefile.ErrLockChanged
	}
	w, err := s.writer(ctx, o)
	if err != nil {
		return statefile.Entry{}, err
	}
	entries, err := w.Append(ctx, h.holder.Unlocked(reason, o.Actor))
	if _, overtaken := errors.AsType[*OvertakenError](err); overtaken {
		return statefile.Entry{}, &statefile.LockedError{Path: p.String(), Holder: h.holder, Age: age(o.Now(), h.holder)}
	}
	if err != nil {
		return statefile.Entry{}, err
	}
	return entries[0], s.end(ctx, h.backend, entries[0].Seq)
}

// end ends another session and waits until its lock is gone.
func (s *session) end(ctx context.Context, backend int32, entry uint64) error {
	_, err := s.conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = $1", backend)
	for range endTries {
		if err != nil {
			break
		}
		h, failed := s.Place.holder(ctx, s.conn)
		if failed == nil && h.backend != backend {
			return nil
		}
		if err = failed; err == nil {
			err = sleep(ctx, lockPause)
		}
	}
	why := "it is still there"
	if err != nil {
		why = s.text(err)
	}
	return fmt.Errorf("entry %d of ledger %s says that its lock is broken, and its holder can record nothing more; but the session that has the lock could not be ended (%s). Have somebody who may do it end it:\n\n  psql -c 'SELECT pg_terminate_backend(%d)'", entry, s.Place, why, backend)
}

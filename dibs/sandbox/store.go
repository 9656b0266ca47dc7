package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrInUse is wrapped when another process has the store open.
var ErrInUse = errors.New("store is in use by another process")

// storeID marks an SQLite file as ours ("DIBS"); storeVersion is its layout.
const (
	storeID      = 0x44494253
	storeVersion = 4
)

// storeSteps lead from nothing to the newest layout: the step at index n turns
// a store of version n into one of version n+1. A step that was released is
// never changed.
var storeSteps = [storeVersion]string{`
CREATE TABLE transactions (
	ordinal INTEGER PRIMARY KEY, transact TEXT NOT NULL UNIQUE, merchant TEXT NOT NULL, orderid TEXT NOT NULL,
	amount INTEGER NOT NULL, currency TEXT NOT NULL, authorised_at INTEGER NOT NULL, paytype TEXT NOT NULL,
	status INTEGER NOT NULL, captured INTEGER NOT NULL, refunded INTEGER NOT NULL, batch INTEGER NOT NULL,
	changed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE moves (
	id INTEGER PRIMARY KEY, ordinal INTEGER NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL,
	amount INTEGER NOT NULL, by TEXT NOT NULL, call INTEGER NOT NULL
) STRICT;
CREATE TABLE calls (
	seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, service TEXT NOT NULL, transact TEXT NOT NULL,
	params TEXT NOT NULL, http INTEGER NOT NULL, result TEXT NOT NULL, message TEXT NOT NULL, moved INTEGER NOT NULL
) STRICT;`, `
ALTER TABLE transactions ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
CREATE TABLE callbacks (
	id INTEGER PRIMARY KEY, transact TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL, queued INTEGER NOT NULL,
	tried INTEGER NOT NULL, http INTEGER NOT NULL, error TEXT NOT NULL
) STRICT;
CREATE TABLE vouchers (
	id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, voucher TEXT NOT NULL
) STRICT;`, `
CREATE TABLE bulk_files (name TEXT PRIMARY KEY, data BLOB NOT NULL, time INTEGER NOT NULL) STRICT;
CREATE TABLE keys (name TEXT PRIMARY KEY, pem TEXT NOT NULL) STRICT;
CREATE TABLE bulk_batches (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, batch TEXT NOT NULL) STRICT;`, `
ALTER TABLE calls ADD COLUMN fault TEXT NOT NULL DEFAULT '';`}

// A store keeps the book and the money calls in an SQLite file. The
// transactions table holds the latest state; moves and calls only grow.
type store struct {
	path       string
	db         *sql.DB
	conn       *sql.Conn
	insert     *sql.Stmt // a transaction
	update     *sql.Stmt // what often changes of a transaction
	redetail   *sql.Stmt // what seldom does
	insertMove *sql.Stmt
	insertCall *sql.Stmt
}

func openStore(path string) (*store, error) {
	s := &store{path: path}
	if err := s.open(); err != nil {
		var busy *sqlite.Error
		if errors.As(err, &busy) && busy.Code()&0xff == sqlite3.SQLITE_BUSY {
			err = ErrInUse
		}
		return nil, fmt.Errorf("open store %s: %w", path, errors.Join(err, s.close()))
	}
	return s, nil
}

func (s *store) open() error {
	full, err := filepath.Abs(s.path)
	if err != nil {
		return err
	}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(full)}
	if s.db, err = sql.Open("sqlite", dsn.String()); err != nil {
		return err
	}
	if s.conn, err = s.db.Conn(context.Background()); err != nil {
		return err
	}
	// One process owns the file: the book in its memory is the truth that
	// calls are judged by. Every commit is synced before it is answered.
	for _, pragma := range []string{"locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"} {
		if err := s.exec("PRAGMA " + pragma); err != nil {
			return err
		}
	}
	if err := s.prepareLayout(); err != nil {
		return err
	}
	return s.prepareStatements()
}

// prepareLayout creates the tables in a new file, takes an older one the steps
// to the newest layout, and refuses a foreign one.
func (s *store) prepareLayout() error {
	var id, version, tables int64
	for query, value := range map[string]*int64{
		"PRAGMA application_id": &id, "PRAGMA user_version": &version, "SELECT count(*) FROM sqlite_schema": &tables,
	} {
		if err := s.conn.QueryRowContext(context.Background(), query).Scan(value); err != nil {
			return err
		}
	}
	switch {
	case id == storeID && version == storeVersion:
		return nil
	case id == storeID && version > storeVersion:
		return fmt.Errorf("its layout is version %d; this program knows version %d", version, storeVersion)
	case id == storeID && version < 1, id != storeID && tables > 0:
		return errors.New("it is an SQLite file of something else")
	}
	if id != storeID {
		version = 0 // a new file, whatever its number says
	}
	return s.exec(fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		strings.Join(storeSteps[version:], ""), storeID, storeVersion))
}

func (s *store) prepareStatements() error {
	for text, statement := range map[string]**sql.Stmt{
		`INSERT INTO transactions (transact, merchant, orderid, amount, currency, authorised_at, paytype,
			status, captured, refunded, batch, changed_at, details, ordinal) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`: &s.insert,
		`UPDATE transactions SET authorised_at = ?, status = ?, captured = ?, refunded = ?, batch = ?, changed_at = ?
			WHERE ordinal = ?`: &s.update,
		`UPDATE transactions SET amount = ?, details = ? WHERE ordinal = ?`:              &s.redetail,
		`INSERT INTO moves (ordinal, time, kind, amount, by, call) VALUES (?,?,?,?,?,?)`: &s.insertMove,
		`INSERT INTO calls (seq, time, service, transact, params, http, result, message, moved, fault)
			VALUES (?,?,?,?,?,?,?,?,?,?)`: &s.insertCall,
	} {
		var err error
		if *statement, err = s.conn.PrepareContext(context.Background(), text); err != nil {
			return err
		}
	}
	return nil
}

// commit writes all of c in one SQLite transaction, synced when it returns.
func (s *store) commit(c *batch) error {
	if err := s.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := s.write(c); err != nil {
		return errors.Join(err, s.exec("ROLLBACK"))
	}
	return s.exec("COMMIT")
}

func (s *store) write(c *batch) error {
	for _, r := range c.changed {
		if err := s.writeRecord(r, r.ordinal > c.added); err != nil {
			return err
		}
	}
	for _, m := range c.moves {
		if _, err := s.insertMove.Exec(m.ordinal, m.Time.UnixNano(), string(m.Kind), m.Amount.Minor(), string(m.By), int64(m.Call)); err != nil {
			return fmt.Errorf("write move: %w", err)
		}
	}
	if err := s.writeRest(c); err != nil {
		return err
	}
	for _, call := range c.calls {
		params, err := json.Marshal(call.Params)
		if err != nil {
			return err
		}
		if _, err := s.insertCall.Exec(int64(call.Seq), call.Time.UnixNano(), call.Service, call.Transact, string(params),
			call.HTTP, call.Result, call.Message, call.Moved, call.Fault); err != nil {
			return fmt.Errorf("write call %d: %w", call.Seq, err)
		}
	}
	return nil
}

// writeRest writes what is seldom there.
func (s *store) writeRest(c *batch) error {
	for _, k := range c.callbacks {
		if _, err := s.conn.ExecContext(context.Background(), `INSERT INTO callbacks (id, transact, url, body, queued, tried, http, error)
			VALUES (?,?,?,?,?,?,?,?)`, k.ID, k.Transact, k.URL, k.Body, k.Queued.UnixNano(), nanoOf(k.Tried), k.HTTP, k.Error); err != nil {
			return fmt.Errorf("write callback %d: %w", k.ID, err)
		}
	}
	for _, k := range c.tried {
		if _, err := s.conn.ExecContext(context.Background(), `UPDATE callbacks SET tried = ?, http = ?, error = ? WHERE id = ?`,
			nanoOf(k.Tried), k.HTTP, k.Error, k.ID); err != nil {
			return fmt.Errorf("write callback %d: %w", k.ID, err)
		}
	}
	for _, v := range c.vouchers {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if _, err := s.conn.ExecContext(context.Background(), `INSERT INTO vouchers (code, voucher) VALUES (?,?)`, v.Code, string(text)); err != nil {
			return fmt.Errorf("write voucher: %w", err)
		}
	}
	return s.writeBulk(c)
}

// nanoOf is the form of a time in the store, 0 for none.
func nanoOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func (s *store) writeRecord(r *record, isNew bool) error {
	var details string
	var err error
	if isNew || r.redetailed {
		if details, err = r.Details.store(); err != nil {
			return err
		}
	}
	if isNew {
		_, err = s.insert.Exec(r.Transact, r.Merchant, r.OrderID, r.Amount.Minor(), r.Amount.Currency().Code(),
			r.AuthorisedAt.UnixNano(), r.PayType, int64(r.Status), r.Captured.Minor(), r.Refunded.Minor(), r.Batch,
			r.changedAt.UnixNano(), details, r.ordinal)
	} else {
		_, err = s.update.Exec(r.AuthorisedAt.UnixNano(), int64(r.Status), r.Captured.Minor(), r.Refunded.Minor(), r.Batch,
			r.changedAt.UnixNano(), r.ordinal)
		if err == nil && r.redetailed {
			_, err = s.redetail.Exec(r.Amount.Minor(), details, r.ordinal)
		}
	}
	if err != nil {
		return fmt.Errorf("write transaction %s: %w", r.Transact, err)
	}
	return nil
}

func (s *store) exec(text string) error {
	_, err := s.conn.ExecContext(context.Background(), text)
	return err
}

func (s *store) close() error {
	var errs []error
	for _, statement := range []*sql.Stmt{s.insert, s.update, s.redetail, s.insertMove, s.insertCall} {
		if statement != nil {
			errs = append(errs, statement.Close())
		}
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(errs...)
}

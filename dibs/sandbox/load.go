package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"flexform/money"
)

func fromNano(n int64) time.Time { return time.Unix(0, n).UTC() }

// rows runs query and scans each row with scan.
func (s *store) rows(query string, scan func(*sql.Rows) error, args ...any) (err error) {
	rows, err := s.conn.QueryContext(context.Background(), query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// load fills an empty book, log and courier from the store. Totals are counted again
// from the moves and must be what the store says they are.
func (s *store) load(b *book, log *callLog, post *courier) error {
	for _, step := range []func() error{
		func() error { return s.loadBook(b) },
		func() error { return s.loadCalls(log) },
		func() error { return s.loadCallbacks(b, post) },
		func() error { return s.loadVouchers(b) },
		func() error { return s.loadBulk(b) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("read store %s: %w", s.path, err)
		}
	}
	return nil
}

func (s *store) loadBook(b *book) error {
	c := b.newBatch()
	byOrdinal := map[int64]*record{}
	stored := map[int64][2]int64{}
	err := s.rows(`SELECT ordinal, transact, merchant, orderid, amount, currency, authorised_at, paytype, status,
		captured, refunded, batch, changed_at, details FROM transactions ORDER BY ordinal`, func(rows *sql.Rows) error {
		r, sums, err := scanRecord(rows)
		if err != nil {
			return err
		}
		byOrdinal[r.ordinal], stored[r.ordinal] = r, sums
		c.stage(r)
		c.ordinal, c.batches = r.ordinal, max(c.batches, r.Batch)
		return nil
	})
	if err != nil {
		return err
	}
	err = s.rows(`SELECT ordinal, time, kind, amount, by, call FROM moves ORDER BY id`, func(rows *sql.Rows) error {
		return scanMove(rows, byOrdinal)
	})
	if err != nil {
		return err
	}
	for ordinal, r := range byOrdinal {
		if counted := [2]int64{r.Captured.Minor(), r.Refunded.Minor()}; counted != stored[ordinal] {
			return fmt.Errorf("transaction %s: moves add up to %v captured and refunded, totals say %v", r.Transact, counted, stored[ordinal])
		}
	}
	b.publish(c)
	return nil
}

// scanRecord returns a transaction without its moves, and the stored totals.
func scanRecord(rows *sql.Rows) (*record, [2]int64, error) {
	var r record
	var sums [2]int64
	var amount, authorisedAt, changedAt int64
	var currency, details string
	err := rows.Scan(&r.ordinal, &r.Transact, &r.Merchant, &r.OrderID, &amount, &currency, &authorisedAt, &r.PayType, &r.Status,
		&sums[0], &sums[1], &r.Batch, &changedAt, &details)
	if err != nil {
		return nil, sums, err
	}
	r.AuthorisedAt, r.changedAt = fromNano(authorisedAt), fromNano(changedAt)
	unit, err := money.ParseCurrency(currency)
	if err == nil {
		r.Amount, err = money.New(amount, unit)
	}
	if err == nil {
		r.Details, err = restoreDetails(details, unit)
	}
	if err != nil {
		return nil, sums, fmt.Errorf("transaction %s: %w", r.Transact, err)
	}
	r.Captured, r.Refunded = zero(r.Amount), zero(r.Amount)
	return &r, sums, nil
}

func scanMove(rows *sql.Rows, byOrdinal map[int64]*record) error {
	var m Move
	var ordinal, at, amount, call int64
	if err := rows.Scan(&ordinal, &at, &m.Kind, &amount, &m.By, &call); err != nil {
		return err
	}
	r := byOrdinal[ordinal]
	if r == nil {
		return fmt.Errorf("a move belongs to transaction number %d, which is not there", ordinal)
	}
	var err error
	if m.Amount, err = money.New(amount, r.Amount.Currency()); err != nil {
		return fmt.Errorf("transaction %s: %w", r.Transact, err)
	}
	m.Time, m.Call = fromNano(at), uint64(call)
	return r.add(m)
}

// loadCalls restores the newest calls and the counts of all of them.
func (s *store) loadCalls(log *callLog) error {
	var calls []Call
	err := s.rows(`SELECT seq, time, service, transact, params, http, result, message, moved, fault FROM
		(SELECT * FROM calls ORDER BY seq DESC LIMIT ?) ORDER BY seq`, func(rows *sql.Rows) error {
		c := Call{Money: true}
		var seq, at int64
		var params string
		if err := rows.Scan(&seq, &at, &c.Service, &c.Transact, &params, &c.HTTP, &c.Result, &c.Message, &c.Moved, &c.Fault); err != nil {
			return err
		}
		c.Seq, c.Time = uint64(seq), fromNano(at)
		calls = append(calls, c)
		return json.Unmarshal([]byte(params), &calls[len(calls)-1].Params)
	}, maxCalls)
	if err != nil {
		return err
	}
	log.add(calls...)
	if len(calls) > 0 {
		log.seq = calls[len(calls)-1].Seq
	}
	return s.rows(`SELECT service, count(*) FROM calls GROUP BY service`, func(rows *sql.Rows) error {
		var service string
		var n int64
		if err := rows.Scan(&service, &n); err != nil {
			return err
		}
		log.requests[service] = uint64(n)
		return nil
	})
}

// loadCallbacks restores the newest callbacks. Those that were not tried are
// sent.
func (s *store) loadCallbacks(b *book, post *courier) error {
	var calls []Callback
	err := s.rows(`SELECT id, transact, url, body, queued, tried, http, error FROM
		(SELECT * FROM callbacks ORDER BY id DESC LIMIT ?) ORDER BY id`, func(rows *sql.Rows) error {
		var k Callback
		var queued, tried int64
		if err := rows.Scan(&k.ID, &k.Transact, &k.URL, &k.Body, &queued, &tried, &k.HTTP, &k.Error); err != nil {
			return err
		}
		k.Queued = fromNano(queued)
		if tried != 0 {
			k.Tried = fromNano(tried)
		}
		calls, b.lastCallback = append(calls, k), k.ID
		return nil
	}, maxCallbacks)
	if err != nil {
		return err
	}
	post.known = calls
	return nil
}

func (s *store) loadVouchers(b *book) error {
	return s.rows(`SELECT voucher FROM vouchers ORDER BY id`, func(rows *sql.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		b.vouchers = append(b.vouchers, Voucher{})
		return json.Unmarshal([]byte(text), &b.vouchers[len(b.vouchers)-1])
	})
}

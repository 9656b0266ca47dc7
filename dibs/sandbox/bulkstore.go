package sandbox

import (
	"context"
	"database/sql"
	"fmt"
)

// writeBulk writes what a batch changes of the bulk directory.
func (s *store) writeBulk(c *batch) error {
	for name, f := range c.files {
		text, args := `DELETE FROM bulk_files WHERE name = ?`, []any{name}
		if f != nil {
			// An empty file is no missing one: nil would be NULL.
			text, args = `INSERT OR REPLACE INTO bulk_files (name, data, time) VALUES (?,?,?)`, []any{name, append([]byte{}, f.Data...), f.Time.UnixNano()}
		}
		if _, err := s.conn.ExecContext(context.Background(), text, args...); err != nil {
			return fmt.Errorf("write bulk file %s: %w", name, err)
		}
	}
	for _, b := range c.bulk {
		text, err := b.store()
		if err != nil {
			return err
		}
		if _, err := s.conn.ExecContext(context.Background(), `INSERT INTO bulk_batches (name, batch) VALUES (?,?)`, b.Name, text); err != nil {
			return fmt.Errorf("write bulk batch %s: %w", b.Name, err)
		}
	}
	for name, text := range c.keys {
		if _, err := s.conn.ExecContext(context.Background(), `INSERT INTO keys (name, pem) VALUES (?,?)`, name, string(text)); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// loadBulk restores the bulk directory and what became of its batches.
func (s *store) loadBulk(b *book) error {
	err := s.rows(`SELECT batch FROM bulk_batches ORDER BY id`, func(rows *sql.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		done, err := restoreBulk(text)
		if err != nil {
			return err
		}
		b.bulk, b.usedBulk[done.Name] = append(b.bulk, done), struct{}{}
		return nil
	})
	if err != nil {
		return err
	}
	err = s.rows(`SELECT name, data, time FROM bulk_files`, func(rows *sql.Rows) error {
		var f BulkFile
		var at int64
		if err := rows.Scan(&f.Name, &f.Data, &at); err != nil {
			return err
		}
		f.Time = fromNano(at)
		b.files[f.Name] = &f
		if n, ofBatch := parseBulkName(f.Name); ofBatch && n.part == bulkRun {
			b.noteRelease(n, &f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.rows(`SELECT name, pem FROM keys`, func(rows *sql.Rows) error {
		var name, text string
		err := rows.Scan(&name, &text)
		b.keys[name] = []byte(text)
		return err
	})
}

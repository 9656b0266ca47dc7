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
	for name, text := range c.keys {
		if _, err := s.conn.ExecContext(context.Background(), `INSERT INTO keys (name, pem) VALUES (?,?)`, name, string(text)); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// loadBulk restores the bulk directory.
func (s *store) loadBulk(b *book) error {
	err := s.rows(`SELECT name, data, time FROM bulk_files`, func(rows *sql.Rows) error {
		var f BulkFile
		var at int64
		if err := rows.Scan(&f.Name, &f.Data, &at); err != nil {
			return err
		}
		f.Time = fromNano(at)
		b.files[f.Name] = &f
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

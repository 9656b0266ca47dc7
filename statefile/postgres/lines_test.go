//go:build unix

package postgres

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/statefile"
)

// payload returns the part of an entry that its writer gave.
func payload(e statefile.Entry) statefile.Payload {
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Pointer && !f.IsNil() {
			return f.Elem().Interface().(statefile.Payload)
		}
	}
	return nil
}

// The rows of a ledger, one a line, are the file that a ledger in a file would
// be: byte for byte, for every kind of entry.
func TestSameLines(t *testing.T) {
	for _, name := range []string{"every-kind.ledger", "tickets.ledger"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "testdata", name)
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			p := newPlace(t)
			var w *statefile.Writer
			var now time.Time
			for e, err := range statefile.ReadEntries(path) {
				if err != nil {
					t.Fatal(err)
				}
				if now = e.Time; e.Created == nil {
					appended(t, w, payload(e))
					continue
				}
				id, err := hex.DecodeString(e.Created.Ledger)
				if err != nil {
					t.Fatal(err)
				}
				w, err = p.Open(t.Context(), statefile.Options{Now: func() time.Time { return now }, Rand: strings.NewReader("8 bytes." + string(id))})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { w.Close() })
			}
			conn, err := p.connect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(t.Context())
			var got string
			if err := conn.QueryRow(t.Context(), p.sql("SELECT string_agg(line || E'\\n', '' ORDER BY seq) FROM {entries} WHERE ledger = 'shop'")).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the lines of the file and of the table (-file +table):\n%s", diff)
			}
		})
	}
}

//go:build unix

package postgres

import (
	"errors"
	"strings"
	"testing"

	"flexform/statefile"
	"flexform/statefile/ledgertest"
)

// R32, R33: whatever is changed in the tables, the first entry that is not what
// it was is named, to readers and to whoever would write.
func TestTampered(t *testing.T) {
	tests := map[string]struct {
		sql string
		seq uint64
	}{
		"a line changed":                      {"UPDATE {entries} SET line = replace(line, '\"to_minor\":5000', '\"to_minor\":9000') WHERE seq = 4", 4},
		"a line changed by one space":         {"UPDATE {entries} SET line = line || ' ' WHERE seq = 4", 4},
		"an end of line put in":               {"UPDATE {entries} SET line = line || E'\\n' WHERE seq = 4", 4},
		"two lines in one row":                {"UPDATE {entries} e SET line = e.line || E'\\n' || (SELECT line FROM {entries} WHERE seq = 5) WHERE seq = 4; DELETE FROM {entries} WHERE seq = 5", 4},
		"a row dropped":                       {"DELETE FROM {entries} WHERE seq = 4", 4},
		"the first row dropped":               {"DELETE FROM {entries} WHERE seq = 1", 1},
		"a row dropped and the rest moved up": {"DELETE FROM {entries} WHERE seq = 3; UPDATE {entries} SET seq = seq - 1 WHERE seq = 4; UPDATE {entries} SET seq = seq - 1 WHERE seq = 5", 3},
		"two rows swapped":                    {"UPDATE {entries} SET seq = 99 WHERE seq = 3; UPDATE {entries} SET seq = 3 WHERE seq = 4; UPDATE {entries} SET seq = 4 WHERE seq = 99", 3},
		"two lines swapped":                   {"UPDATE {entries} e SET line = (SELECT line FROM {entries} o WHERE o.seq = 7 - e.seq) WHERE seq IN (3, 4)", 3},
		"a row doubled":                       {"INSERT INTO {entries} SELECT ledger, 6, hash, hash || 'x', line FROM {entries} WHERE seq = 5", 6},
		"a row before the first":              {"ALTER TABLE {entries} DROP CONSTRAINT entries_seq_check, DROP CONSTRAINT entries_check; INSERT INTO {entries} SELECT ledger, 0, NULL, 'x', line FROM {entries} WHERE seq = 1", 1},
		"the hash beside a line":              {"UPDATE {entries} SET hash = 'x' WHERE seq = 4", 4},
		"the hash before, beside a line":      {"UPDATE {entries} SET prev = 'x' WHERE seq = 4", 4},
		"a claim dropped":                     {"DELETE FROM {claims} WHERE seq = 4", 4},
		"a claim moved":                       {"UPDATE {claims} SET key = key || '1' WHERE seq = 4", 4},
		"a claim of nobody":                   {"INSERT INTO {claims} VALUES ('shop', 'x', 2)", 2},
		"the end cut off":                     {"DELETE FROM {entries} WHERE seq >= 4", 4},
		"everything cut off":                  {"DELETE FROM {entries}", 1},
		"emptied":                             {"TRUNCATE {entries}", 1},
		"another ledger's lines":              {"DELETE FROM {entries}; INSERT INTO {entries} SELECT 'shop', seq, prev, hash, replace(line, 'e', 'x') FROM (VALUES (1, NULL::text, 'h', 'entry')) AS v (seq, prev, hash, line)", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			w := open(t, p)
			appended(t, w, ledgertest.Begin(3), ledgertest.Intent(1), ledgertest.Intent(2), statefile.Outcome{Action: ledgertest.Intent(1).Action, Result: statefile.Declined})
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			entries(t, p) // sound so far
			p.change(t, tt.sql)
			check := func(who string, err error) {
				t.Helper()
				if corrupt, ok := errors.AsType[*statefile.CorruptError](err); !ok || corrupt.Seq != tt.seq {
					t.Errorf("%s: %v, want entry %d named", who, err, tt.seq)
				}
			}
			_, err := p.Read(t.Context())
			check("Read", err)
			good := uint64(0)
			for e, failed := range p.Entries(t.Context()) {
				if err = failed; err == nil {
					good = e.Seq
				}
			}
			check("Entries", err)
			if good >= tt.seq {
				t.Errorf("entry %d was given out before it was refused", good)
			}
			_, err = p.Open(t.Context(), ledgertest.Options("anna"))
			check("Open", err)
		})
	}
}

// The tables take nothing but further rows, not even from their owner.
func TestOnlyAdded(t *testing.T) {
	p := newPlace(t)
	appended(t, open(t, p), ledgertest.Begin(1), ledgertest.Intent(1))
	conn, err := p.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range []string{
		"UPDATE {entries} SET line = ''", "DELETE FROM {entries}", "TRUNCATE {entries}",
		"UPDATE {claims} SET key = ''", "DELETE FROM {claims}", "TRUNCATE {claims}",
	} {
		if _, err := conn.Exec(t.Context(), p.sql(sql)); err == nil || !strings.Contains(err.Error(), "only added to") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{ // what only the keys are against
		"INSERT INTO {entries} VALUES ('shop', 5, 'no such hash', 'x', '')",
		"INSERT INTO {entries} VALUES ('shop', 3, (SELECT hash FROM {entries} WHERE seq = 2), 'x', '')",
		"INSERT INTO {entries} VALUES ('shop', 4, NULL, 'x', '')",
		"INSERT INTO {entries} VALUES ('shop', 0, NULL, 'x', '')",
		"INSERT INTO {claims} SELECT ledger, key, 9 FROM {claims}",
	} {
		if _, err := conn.Exec(t.Context(), p.sql(sql)); err == nil || !strings.HasPrefix(codeOf(err), "23") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if list := entries(t, p); len(list) != 3 {
		t.Errorf("%d entries, want 3", len(list))
	}
}

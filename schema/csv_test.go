package schema

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
)

func TestReadCSV(t *testing.T) {
	tests := map[string]struct {
		text string
		want [][]string
	}{
		"plain rows":                         {"a,b\n1,2\n3,4\n", [][]string{{"1", "2"}, {"3", "4"}}},
		"no line end at the end":             {"a,b\n1,2", [][]string{{"1", "2"}}},
		"line ends of Windows":               {"a,b\r\n1,2\r\n", [][]string{{"1", "2"}}},
		"only the names of the columns":      {"a,b\n", nil},
		"empty cells":                        {"a,b,c\n,,\n", [][]string{{"", "", ""}}},
		"an empty last cell at the very end": {"a,b\n1,", [][]string{{"1", ""}}},
		"a comma in quotes":                  {"a,b\n\"1,5\",2\n", [][]string{{"1,5", "2"}}},
		"quotes in quotes":                   {"a,b\n\"say \"\"yes\"\"\",2\n", [][]string{{`say "yes"`, "2"}}},
		"a line break in quotes":             {"a,b\n\"1\n2\",3\n4,5\n", [][]string{{"1\n2", "3"}, {"4", "5"}}},
		"an empty cell in quotes":            {"a,b\n\"\",\"\"\n", [][]string{{"", ""}}},
		"one column with an empty line":      {"a\n1\n\n2\n", [][]string{{"1"}, {""}, {"2"}}},
		"space is part of a cell":            {"a,b\n 1 , 2\n", [][]string{{" 1 ", " 2"}}},
		"a formula is only text":             {"a,b\n=1+1,@x\n", [][]string{{"=1+1", "@x"}}},
		"an accent written apart":            {"a\ne\u0301\n", [][]string{{"é"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var m mistakes
			table := readCSV(source{"t.csv", tt.text}, &m)
			if m.any() {
				t.Fatalf("readCSV(%q): %v", tt.text, m.list)
			}
			if diff := cmp.Diff(tt.want, rowsOf(table)); diff != "" {
				t.Errorf("readCSV(%q) mismatch (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func rowsOf(t *table) (rows [][]string) {
	for row := range t.rows() {
		var cells []string
		for column := range t.columns {
			cells = append(cells, t.cell(row, column))
		}
		rows = append(rows, cells)
	}
	return rows
}

// FuzzCSV compares with the standard library's reader, which is more lenient:
// whatever is accepted here, it reads as the same cells. Each place is that of
// its cell: the bytes there, read as a table again, are the cell (R66).
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a,b\r\n\"1\r\n2\",\"x\"\"y\"\r\n", "a\n\n1\n", "a,b\n1,2,3\n", "\"a\",b\n,\n", "a,b\n1\"2,3\n", "é,b\nø,\"æ\n\"\n", "a,b\n\"1\"2,3\n", "a,b\n\x00,1\n", "a,b\n1\r,2\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var m mistakes
		table := readCSV(source{"t.csv", text}, &m)
		for _, d := range m.list {
			if d.Subject == nil || d.Subject.Start.Byte < 0 || d.Subject.End.Byte > len(text) || d.Subject.Start.Line < 1 {
				t.Fatalf("readCSV(%q): a mistake without a place: %v", text, d)
			}
		}
		if m.any() {
			return
		}
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = len(table.columns)
		all, err := r.ReadAll()
		if err != nil {
			t.Fatalf("readCSV took %q, encoding/csv says %v", text, err)
		}
		compareRows(t, text, table, all)
		for row := range table.rows() {
			for column := range table.columns {
				checkCell(t, table, row, column)
			}
		}
	})
}

// compareRows compares with what encoding/csv read. It skips empty lines, and
// turns CRLF inside quotes into LF.
func compareRows(t *testing.T, text string, table *table, all [][]string) {
	t.Helper()
	var want, got [][]string
	for _, cells := range all[1:] {
		want = append(want, normal(cells))
	}
	for _, cells := range rowsOf(table) {
		if len(cells) > 1 || cells[0] != "" || strings.Contains(text, `"`) {
			got = append(got, normal(cells))
		}
	}
	if strings.Contains(text, `"`) && len(table.columns) == 1 {
		return // "" in a column of its own is no empty line, and cannot be told apart here
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("readCSV(%q) differs from encoding/csv (-theirs +ours):\n%s", text, diff)
	}
}

func normal(cells []string) (out []string) {
	for _, c := range cells {
		out = append(out, cty.NormalizeString(strings.ReplaceAll(c, "\r\n", "\n")))
	}
	return out
}

func checkCell(t *testing.T, table *table, row, column int) {
	t.Helper()
	place := table.place(row, column)
	raw := strings.TrimPrefix(table.text[place.Start.Byte:place.End.Byte], ",")
	if strings.HasPrefix(raw, `"`) {
		raw = strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(raw, `"`), `"`), `""`, `"`)
	}
	if cty.NormalizeString(raw) != table.cell(row, column) {
		t.Fatalf("place of cell %d,%d in %q holds %q, the cell is %q", row, column, table.text, raw, table.cell(row, column))
	}
	line := 1 + strings.Count(table.text[:place.Start.Byte], "\n")
	if line != place.Start.Line {
		t.Fatalf("cell %d,%d in %q is on line %d, its place says %d", row, column, table.text, line, place.Start.Line)
	}
}

// TestLongTablesStopAtTheLimit is R62: an error at limit + 1, however long the
// table goes on.
func TestLongTablesStopAtTheLimit(t *testing.T) {
	var m mistakes
	table := readCSV(source{"t.csv", "a\n" + strings.Repeat("1\n", maxRows+5)}, &m)
	if table.rows() != maxRows || len(m.list) != 1 || m.list[0].Summary != "Too many rows" || m.list[0].Subject.Start.Line != maxRows+2 {
		t.Errorf("readCSV of %d rows: %d rows, mistakes %v", maxRows+5, table.rows(), m.list)
	}
}

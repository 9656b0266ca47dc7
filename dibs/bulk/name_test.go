package bulk

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	newYearsEve = Day{2013, time.December, 31}
	refund1     = Name{Refund, newYearsEve, 1}
)

// The refund and ticket_auth names are DIBS' own examples.
func TestFileNames(t *testing.T) {
	tests := map[string]struct {
		name Name
		want []string
	}{
		"refund":               {refund1, []string{"refund311213_01.txt", "refund311213_01.run", "response_refund311213_01.txt", "response_refund311213_01.run"}},
		"ticket authorisation": {Name{TicketAuth, newYearsEve, 1}, []string{"ticket_auth311213_01.txt", "ticket_auth311213_01.run", "response_ticket_auth311213_01.txt", "response_ticket_auth311213_01.run"}},
		"capture":              {Name{Capture, Day{2029, 2, 1}, 99}, []string{"capture010229_99.txt", "capture010229_99.run", "response_capture010229_99.txt", "response_capture010229_99.run"}},
		"ticket capture":       {Name{TicketCapture, Day{2000, 2, 29}, 10}, []string{"ticket_capture290200_10.txt", "ticket_capture290200_10.run", "response_ticket_capture290200_10.txt", "response_ticket_capture290200_10.run"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for part := RowsFile; part <= ResponseRunFile; part++ {
				got = append(got, tt.name.File(part))
				n, p, err := ParseFile(tt.name.File(part))
				if n != tt.name || p != part || err != nil {
					t.Errorf("ParseFile(%q) = %v, %d, %v; want %v, %d", tt.name.File(part), n, p, err, tt.name, part)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("files of %v (-want +got):\n%s", tt.name, diff)
			}
		})
	}
}

func TestWhatIsNoName(t *testing.T) {
	for _, s := range []string{
		"", "refund", "refund311213", "refund311213_1", "refund311213_001", "refund311213_00", "refund310213_01", "refund001213_01",
		"refund311313_01", "Refund311213_01", "REFUND311213_01", "refund311213-01", "refund311213_01.txt", " refund311213_01", "refund311213_01 ",
		"request311213_01", "response_refund311213_01", "capture31121３_01", "refund3112+3_01", "refund290213_01", "311213_01", strings.Repeat("refund", 1000),
	} {
		if n, err := ParseName(s); err == nil || n != (Name{}) {
			t.Errorf("ParseName(%q) = %v, %v; want an error", s, n, err)
		}
	}
	for _, s := range []string{
		"refund311213_01", "refund311213_01.TXT", "refund311213_01.txt.run", "refund311213_01.csv", "Response_refund311213_01.txt",
		"response_response_refund311213_01.txt", "response_.txt", ".txt", "dir/refund311213_01.txt", "../refund311213_01.run", "response_refund311213_01",
	} {
		if n, p, err := ParseFile(s); err == nil {
			t.Errorf("ParseFile(%q) = %v, %d; want an error", s, n, p)
		}
	}
	for _, n := range []Name{{}, {Refund, newYearsEve, 0}, {Refund, newYearsEve, 100}, {Kind: 9, Day: newYearsEve, Number: 1}, {Refund, Day{1999, 12, 31}, 1}, {Refund, Day{2013, 2, 29}, 1}} {
		if n.Valid() || n.String() != "invalid name" {
			t.Errorf("%#v is valid as %s", n, n)
		}
		if text, err := json.Marshal(n); err == nil {
			t.Errorf("%#v is encoded as %s", n, text)
		}
	}
}

func TestNamesAreText(t *testing.T) {
	text, err := json.Marshal(refund1)
	if err != nil || string(text) != `"refund311213_01"` {
		t.Fatalf("json.Marshal = %s, %v", text, err)
	}
	var back Name
	if err := json.Unmarshal(text, &back); err != nil || back != refund1 {
		t.Errorf("json.Unmarshal = %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`"refund311213_1"`), &back); err == nil || back != refund1 {
		t.Errorf("a broken name was read as %v, %v", back, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := someName().Draw(t, "name")
		if back, err := ParseName(n.String()); err != nil || back != n {
			t.Fatalf("ParseName(%q) = %v, %v", n, back, err)
		}
	})
}

func someName() *rapid.Generator[Name] {
	return rapid.Custom(func(t *rapid.T) Name {
		day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 36524).Draw(t, "day"))
		return Name{Kind(rapid.IntRange(1, 4).Draw(t, "kind")), DayOf(day), rapid.IntRange(1, 99).Draw(t, "number")}
	})
}

func TestNext(t *testing.T) {
	tests := map[string]struct {
		files []string
		used  []Name
		want  int // 0: an error
	}{
		"the first of the day":                 {want: 1},
		"other days, kinds and files":          {files: []string{"refund301213_07.txt", "capture311213_08.run", "ticket_auth311213_09.txt", "refund311213_xx.txt", "README", ""}, want: 1},
		"after rows":                           {files: []string{"refund311213_01.txt"}, want: 2},
		"after a run file alone":               {files: []string{"refund311213_04.run"}, want: 5},
		"after a response alone":               {files: []string{"response_refund311213_07.txt"}, want: 8},
		"gaps stay gaps":                       {files: []string{"refund311213_01.txt", "refund311213_03.txt"}, want: 4},
		"a server that shouts":                 {files: []string{"REFUND311213_02.TXT"}, want: 3},
		"what the record knows":                {used: []Name{{Refund, newYearsEve, 5}, {Capture, newYearsEve, 50}}, want: 6},
		"the record is ahead of the directory": {files: []string{"refund311213_02.txt"}, used: []Name{{Refund, newYearsEve, 5}}, want: 6},
		"the last":                             {files: []string{"refund311213_98.txt"}, want: 99},
		"none left":                            {files: []string{"refund311213_99.txt"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Next(Refund, newYearsEve, tt.files, tt.used...)
			want := Name{Refund, newYearsEve, tt.want}
			if tt.want == 0 {
				want = Name{}
			}
			if got != want || (err == nil) != (tt.want > 0) {
				t.Errorf("Next = %v, %v; want %v", got, err, want)
			}
		})
	}
	if n, err := Next(Refund, Day{}, nil); err == nil {
		t.Errorf("Next without a day = %v", n)
	}
}

func TestDaysEndByTheClockOfTheirZone(t *testing.T) {
	late := time.Date(2013, 12, 31, 23, 30, 0, 0, time.UTC)
	if d := DayOf(late); d != newYearsEve || d.String() != "2013-12-31" {
		t.Errorf("DayOf = %v", d)
	}
	if d := DayOf(late.In(time.FixedZone("CET", 3600))); d != (Day{2014, 1, 1}) {
		t.Errorf("DayOf in Copenhagen = %v", d)
	}
}

package bulk

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	maxNumber  = 99 // two digits
	firstYear  = 2000
	nameTail   = len("DDMMYY_NN")
	answerStem = "response_"
	rowsEnding = ".txt"
	runEnding  = ".run"
)

// A Day is a date in the calendar that DIBS names files by. Which time zone
// that is, is not documented; DIBS is in Denmark.
type Day struct {
	Year  int // 2000 to 2099: names carry two digits
	Month time.Month
	Day   int
}

// DayOf returns the date of t in t's own time zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// Valid reports whether d is a date that a name can carry.
func (d Day) Valid() bool {
	return d.Year >= firstYear && d.Year < firstYear+100 &&
		DayOf(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)) == d
}

// String returns the date as 2013-12-31.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// A Name is what the four files of one batch are called after. Names are
// comparable with ==, and each is used once, forever.
type Name struct {
	Kind   Kind
	Day    Day
	Number int // of that kind on that day: 1 to 99
}

// Valid reports whether n can be written.
func (n Name) Valid() bool {
	return n.Kind.Valid() && n.Day.Valid() && n.Number >= 1 && n.Number <= maxNumber
}

// String returns the name without an ending, "refund311213_01".
func (n Name) String() string {
	if !n.Valid() {
		return "invalid name"
	}
	return fmt.Sprintf("%s%02d%02d%02d_%02d", n.Kind, n.Day.Day, n.Day.Month, n.Day.Year-firstYear, n.Number)
}

// MarshalText returns the same as String. An invalid name is an error.
func (n Name) MarshalText() ([]byte, error) {
	if !n.Valid() {
		return nil, errors.New("invalid bulk file name")
	}
	return []byte(n.String()), nil
}

// UnmarshalText is [ParseName].
func (n *Name) UnmarshalText(text []byte) error {
	parsed, err := ParseName(string(text))
	if err == nil {
		*n = parsed
	}
	return err
}

// ParseName reads a name without an ending, "refund311213_01".
func ParseName(s string) (Name, error) {
	bad := fmt.Errorf("%.60q is no bulk file name, such as refund311213_01", s)
	if len(s) <= nameTail {
		return Name{}, bad
	}
	stem, tail := s[:len(s)-nameTail], s[len(s)-nameTail:]
	var n Name
	for k := Refund; k.Valid(); k++ {
		if stem == k.String() {
			n.Kind = k
		}
	}
	day, okDay := twoDigits(tail[0:2])
	month, okMonth := twoDigits(tail[2:4])
	year, okYear := twoDigits(tail[4:6])
	number, okNumber := twoDigits(tail[7:9])
	n.Day, n.Number = Day{firstYear + year, time.Month(month), day}, number
	if !okDay || !okMonth || !okYear || !okNumber || tail[6] != '_' || !n.Valid() {
		return Name{}, bad
	}
	return n, nil
}

func twoDigits(s string) (n int, ok bool) {
	if !digit(s[0]) || !digit(s[1]) {
		return 0, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), true
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// A Part is one of the four files of a batch.
type Part uint8

const (
	_               Part = iota // invalid, so a forgotten field is caught
	RowsFile                    // our rows, "refund311213_01.txt"
	RunFile                     // the empty file that releases them, "refund311213_01.run"
	ResponseFile                // DIBS' answers, "response_refund311213_01.txt"
	ResponseRunFile             // says that the answers are complete, "response_refund311213_01.run"
)

// File returns the file name of one part of the batch.
func (n Name) File(p Part) string {
	switch p {
	case RowsFile:
		return n.String() + rowsEnding
	case RunFile:
		return n.String() + runEnding
	case ResponseFile:
		return answerStem + n.String() + rowsEnding
	case ResponseRunFile:
		return answerStem + n.String() + runEnding
	default:
		return "invalid part"
	}
}

// ParseFile reads the name of a file in the server's directory. An error means
// that it is none of ours.
func ParseFile(file string) (Name, Part, error) {
	stem, answer := strings.CutPrefix(file, answerStem)
	part := RowsFile
	stem, found := strings.CutSuffix(stem, rowsEnding)
	if !found {
		part = RunFile
		stem, found = strings.CutSuffix(stem, runEnding)
	}
	if answer {
		part += ResponseFile - RowsFile
	}
	n, err := ParseName(stem)
	if err != nil || !found {
		return Name{}, 0, fmt.Errorf("%.60q is no file of a bulk batch", file)
	}
	return n, part, nil
}

// Next returns the first name of that kind and day above all numbers that are
// taken: by any part of a batch in files, a listing of the server's directory
// (in whatever case the server spells it), or by used, the names that the
// caller has a record of. Servers forget files; the record must not.
func Next(k Kind, d Day, files []string, used ...Name) (Name, error) {
	next := Name{k, d, 1}
	if !next.Valid() {
		return Name{}, fmt.Errorf("no bulk file can be named for %s and %s", k, d)
	}
	taken := func(n Name) {
		if n.Kind == k && n.Day == d {
			next.Number = max(next.Number, n.Number+1)
		}
	}
	for _, file := range files {
		if n, _, err := ParseFile(strings.ToLower(file)); err == nil {
			taken(n)
		}
	}
	for _, n := range used {
		taken(n)
	}
	if next.Number > maxNumber {
		return Name{}, fmt.Errorf("all %d numbers of %s files are taken for that day", maxNumber, k)
	}
	return next, nil
}

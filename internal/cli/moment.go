package cli

import (
	"strconv"
	"strings"
	"time"

	"flexform/statefile"
)

// A moment is a day, a minute, a second or an entry of the ledger. The zero
// moment is none.
type moment struct {
	begin, end time.Time // it ends before end
	seq        uint64    // the entry, instead of a time
	text       string
}

// parseMoment reads what a person writes for one: in UTC, unless it says
// otherwise.
func parseMoment(text string) (moment, bool) {
	text = strings.TrimSpace(text)
	asked := text
	if shown, ok := strings.CutSuffix(text, " UTC"); ok { // as history prints it
		text = shown + "Z"
	}
	if seq, err := strconv.ParseUint(strings.TrimPrefix(text, "#"), 10, 64); err == nil && seq > 0 {
		return moment{seq: seq, text: "entry " + strconv.FormatUint(seq, 10)}, true
	}
	for _, form := range []struct {
		layout string
		lasts  func(time.Time) time.Time
	}{
		{"2006-01-02", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
		{"2006-01-02T15:04", func(t time.Time) time.Time { return t.Add(time.Minute) }},
		{"2006-01-02T15:04Z07:00", func(t time.Time) time.Time { return t.Add(time.Minute) }},
		{"2006-01-02T15:04:05", func(t time.Time) time.Time { return t.Add(time.Second) }},
		{"2006-01-02T15:04:05Z07:00", func(t time.Time) time.Time { return t.Add(time.Second) }},
	} {
		if t, err := time.Parse(form.layout, strings.Replace(text, " ", "T", 1)); err == nil {
			if t.Nanosecond() != 0 { // as the ledger writes it
				return moment{begin: t, end: t.Add(time.Microsecond), text: asked}, true
			}
			return moment{begin: t, end: form.lasts(t), text: asked}, true
		}
	}
	return moment{}, false
}

// String returns the moment as it was asked for, "" for none.
func (m moment) String() string { return m.text }

func (m moment) set() bool { return m != moment{} }

// before reports whether the moment is over when the entry is written.
func (m moment) before(e statefile.Entry) bool {
	if m.seq > 0 {
		return m.seq < e.Seq
	}
	return !e.Time.Before(m.end)
}

// after reports whether the moment begins behind the entry.
func (m moment) after(e statefile.Entry) bool {
	if m.seq > 0 {
		return m.seq > e.Seq
	}
	return e.Time.Before(m.begin)
}

package cli

import (
	"testing"
	"time"

	"flexform/statefile"
)

func TestParseMoment(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for text, want := range map[string]struct{ last, next string }{ // the last microsecond that counts, and the one behind it
		"2026-11-27":                  {"2026-11-27T23:59:59.999999Z", "2026-11-28T00:00:00Z"},
		"2026-11-27 10:30":            {"2026-11-27T10:30:59.999999Z", "2026-11-27T10:31:00Z"},
		"2026-11-27T10:30":            {"2026-11-27T10:30:59.999999Z", "2026-11-27T10:31:00Z"},
		"2026-11-27T10:30:05":         {"2026-11-27T10:30:05.999999Z", "2026-11-27T10:30:06Z"},
		"2026-11-27 10:30:05 UTC":     {"2026-11-27T10:30:05.999999Z", "2026-11-27T10:30:06Z"},
		"2026-11-27T11:30:05+01:00":   {"2026-11-27T10:30:05.999999Z", "2026-11-27T10:30:06Z"},
		"2026-11-27T10:30:05.000007Z": {"2026-11-27T10:30:05.000007Z", "2026-11-27T10:30:05.000008Z"},
	} {
		m, ok := parseMoment(text)
		if !ok || !m.set() {
			t.Errorf("parseMoment(%q) = %v, %v", text, m, ok)
		}
		if m.before(statefile.Entry{Time: at(want.last)}) || !m.before(statefile.Entry{Time: at(want.next)}) || m.after(statefile.Entry{Time: at(want.last)}) || !m.after(statefile.Entry{Time: at("2026-11-26T23:59:59Z")}) {
			t.Errorf("parseMoment(%q) = %v, want it to end behind %s", text, m, want.last)
		}
	}
	for _, text := range []string{"7", "#7"} {
		if m, ok := parseMoment(text); !ok || m.before(statefile.Entry{Seq: 7}) || !m.before(statefile.Entry{Seq: 8}) || m.after(statefile.Entry{Seq: 7}) || !m.after(statefile.Entry{Seq: 6}) {
			t.Errorf("parseMoment(%q) = %v, %v", text, m, ok)
		}
	}
	for _, text := range []string{"", "0", "-1", "yesterday", "2026-13-01", "2026-11", "10:30", "2026-11-27T10:30:05.5 CET"} {
		if m, ok := parseMoment(text); ok {
			t.Errorf("parseMoment(%q) = %v", text, m)
		}
	}
}

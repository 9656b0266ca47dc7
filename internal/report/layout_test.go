package report

import (
	"bufio"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestColumns(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "æø": 2, "返品": 4, "e\u0301": 1, Style{Color: true}.paint(inkAlarm, "LIVE"): 4} {
		if got := columns(s); got != want {
			t.Errorf("columns(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	tests := map[string]struct {
		in   string
		n    int
		want string
	}{
		"fits":          {"abc", 3, "abc"},
		"cut":           {"abcdef", 4, "abc…"},
		"wide":          {"返品返品", 5, "返品…"},
		"no bound":      {"abc", 0, "abc"},
		"mark kept on":  {"e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301…"},
		"one column":    {"abc", 1, "…"},
		"wide, no room": {"返品", 2, "…"},
	}
	for name, tt := range tests {
		if got := clip(tt.in, tt.n); got != tt.want {
			t.Errorf("%s: clip(%q, %d) = %q, want %q", name, tt.in, tt.n, got, tt.want)
		}
	}
	if got := clipBytes("æøå", 5); got != "æ…" {
		t.Errorf("clipBytes = %q, want %q", got, "æ…")
	}
}

func wrapped(s, label string, width int) string {
	var out strings.Builder
	b := bufio.NewWriter(&out)
	writeHanging(b, label, s, width)
	b.Flush()
	return out.String()
}

func TestWriteHanging(t *testing.T) {
	tests := map[string]struct {
		in, label string
		width     int
		want      string
	}{
		"wrapped under the label": {"one two three four", "x: ", 12, "x: one two\n   three\n   four\n"},
		"no width":                {"one two three four", "x: ", 0, "x: one two three four\n"},
		"commands stay whole":     {"Do:\n\n    flexform adopt with many words\n", "  ", 16, "  Do:\n\n      flexform adopt with many words\n"},
		"a word that is too long": {"a incomprehensibly b", "", 6, "a\nincomprehensibly\nb\n"},
		"nothing under a label":   {"", "x: ", 10, "x: \n"},
		"nothing, indented":       {"", "  ", 10, "\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, wrapped(tt.in, tt.label, tt.width)); diff != "" {
				t.Errorf("writeHanging(%q, %d) mismatch (-want +got):\n%s", tt.in, tt.width, diff)
			}
		})
	}
}

func TestGrid(t *testing.T) {
	g := &grid{head: []string{"Name", "Never", "Sum"}, right: []bool{2: true}}
	g.add("a", "", "5.00")
	g.add("返品", "", "100.00")
	g.add("b", "", "")
	var out strings.Builder
	b := bufio.NewWriter(&out)
	g.write(b, "  ", Style{}, plain)
	b.Flush()
	want := "  Name     Sum\n  a       5.00\n  返品  100.00\n  b\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("grid mismatch (-want +got):\n%s", diff)
	}
}

func TestAmountText(t *testing.T) {
	tests := map[string]string{
		amountText(20000, "DKK"):  "200.00 DKK",
		amountText(5, "JPY"):      "5 JPY",
		amountText(1500, "KWD"):   "1.500 KWD",
		amountText(-5, "DKK"):     "-5 minor units (no valid amount)",
		amountText(5, "<b>"):      "5 minor units (no valid amount)",
		amountText(5, "208"):      "5 minor units (no valid amount)",
		decimalText(5, "DKK"):     "0.05",
		signedText(-12345, "DKK"): "-123.45 DKK",
		signedText(12345, "DKK"):  "+123.45 DKK",
		signedText(0, "DKK"):      "0.00 DKK",
		amountText(1<<62, "DKK"):  "46116860184273879.04 DKK",
	}
	for got, want := range tests {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"flexform/money"
)

// An amountView is an amount in parts that a style sheet can align: the digits
// in groups, so that the space between them is not part of the text, and how
// far the last digit stands from that of an amount with two decimals.
type amountView struct {
	Groups   []string
	Fraction string // with its point; empty for currencies without
	Decimals int
	Currency string
	Zero     bool
}

func shownAmount(a money.Amount) amountView {
	whole, fraction, found := strings.Cut(a.Decimal(), ".")
	v := amountView{Groups: groups(whole), Decimals: len(fraction), Currency: a.Currency().Code(), Zero: a.Zero()}
	if found {
		v.Fraction = "." + fraction
	}
	return v
}

// groups cuts digits into threes, counted from the right.
func groups(digits string) []string {
	head := len(digits) % 3
	var g []string
	if head > 0 {
		g = append(g, digits[:head])
	}
	for three := range slices.Chunk([]byte(digits[head:]), 3) {
		g = append(g, string(three))
	}
	return g
}

// count writes a number of things: "12,345".
func count(n int) string { return strings.Join(groups(strconv.Itoa(n)), ",") }

// A statusView is a status in words, with the kind of state that colours it.
type statusView struct {
	Word string
	Code int
	Tone string // a class of the style sheet
}

func shownStatus(s Status) statusView {
	v := statusView{Word: "unknown", Code: int(s), Tone: "off"}
	if s.known() {
		v.Word = statusWords[s]
	}
	switch s {
	case StatusCaptured, StatusBalanced:
		v.Tone = "good"
	case StatusAuthorised, StatusAwaitingShop, StatusSplitOpen, StatusTicket:
		v.Tone = "open"
	case StatusInserted, StatusCaptureSent, StatusCapturePending, StatusRefundSent, StatusRefundPending, StatusPostponed:
		v.Tone = "wait"
	case StatusPartlyRefunded, StatusRefunded:
		v.Tone = "back"
	case StatusDeclined, StatusDeclinedByDIBS, StatusCaptureDeclined, StatusRefundDeclined:
		v.Tone = "bad"
	}
	return v
}

func stamp(t time.Time) string { return t.UTC().Format(time.DateTime) }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func clock(t time.Time) string { return t.UTC().Format(time.TimeOnly) }

func machineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// visible writes out what of s would not be seen, or would turn the text
// around it: control characters, direction marks and other format characters.
func visible(s string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

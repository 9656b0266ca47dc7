package plan

import (
	"errors"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/money"
	"flexform/statefile"
)

func TestCheckTotals(t *testing.T) {
	tests := map[string]struct {
		captured, refunded string
		cancelled          bool
		status             dibs.Status
		want               string // part of the error; empty for none
	}{
		"part refunded, as status 8 says":        {"200.00 DKK", "50.00 DKK", false, dibs.StatusPartlyRefunded, ""},
		"all refunded at status 8":               {"200.00 DKK", "200.00 DKK", false, dibs.StatusPartlyRefunded, "a part of what was captured"},
		"nothing refunded at status 8":           {"200.00 DKK", "0.00 DKK", false, dibs.StatusPartlyRefunded, "a part of what was captured"},
		"all refunded at status 11":              {"200.00 DKK", "200.00 DKK", false, dibs.StatusRefunded, ""},
		"a smaller capture, all of it refunded":  {"150.00 DKK", "150.00 DKK", false, dibs.StatusRefunded, ""},
		"nothing refunded at status 11":          {"200.00 DKK", "0.00 DKK", false, dibs.StatusRefunded, "something is refunded"},
		"captured at status 2":                   {"200.00 DKK", "0.00 DKK", false, dibs.StatusAuthorised, "nothing is captured"},
		"nothing at status 2":                    {"0.00 DKK", "0.00 DKK", false, dibs.StatusAuthorised, ""},
		"cancelled at status 6":                  {"0.00 DKK", "0.00 DKK", true, dibs.StatusCancelled, ""},
		"not cancelled at status 6":              {"0.00 DKK", "0.00 DKK", false, dibs.StatusCancelled, "cancelled"},
		"cancelled at status 5":                  {"0.00 DKK", "0.00 DKK", true, dibs.StatusCaptured, "something is captured"},
		"cancelled and captured":                 {"10.00 DKK", "0.00 DKK", true, dibs.StatusCancelled, "captured too"},
		"more refunded than captured":            {"50.00 DKK", "60.00 DKK", false, dibs.StatusRefunded, "more than captured"},
		"more captured than authorised":          {"250.00 DKK", "0.00 DKK", false, dibs.StatusCaptured, "more than authorised"},
		"another currency":                       {"200.00 SEK", "0.00 SEK", false, dibs.StatusCaptured, "currencies differ"},
		"a declined authorisation has no totals": {"0.00 DKK", "0.00 DKK", false, dibs.StatusDeclined, "no totals to adopt"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			totals := Totals{Authorised: amount(t, "200.00 DKK"), Captured: amount(t, tt.captured), Refunded: amount(t, tt.refunded), Cancelled: tt.cancelled}
			err := CheckTotals(totals, Evidence{Status: tt.status})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("CheckTotals(%+v, %s) = %v, want %q", totals, tt.status, err, tt.want)
			}
		})
	}
}

func amount(t *testing.T, text string) money.Amount {
	t.Helper()
	a, err := money.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Where the gateway tells the sums, a person's word has to be theirs, also when
// it is below what flexform did: the acquirer may have declined that.
func TestCheckTotalsAgainstSums(t *testing.T) {
	record, _ := tale{ledger: deeds(deed{statefile.Capture, 0, 12000, accepted, 18, 0})}.record(t)
	sums, err := ReadSums(splitTale{captured: 4000, pending: 1000, refunded: 1000}.info(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		captured, refunded int64
		cancelled, good    bool
	}{
		"the sums, with what is pending": {5000, 1000, false, true},
		"without what is pending":        {4000, 1000, false, false},
		"without the refunds":            {5000, 0, false, false},
		"what flexform brought it to":    {12000, 1000, false, false},
		"cancelled":                      {0, 0, true, false},
	} {
		totals := Totals{Authorised: dkk(t, 20000), Captured: dkk(t, tt.captured), Refunded: dkk(t, tt.refunded), Cancelled: tt.cancelled}
		now := Evidence{dibs.StatusMulticapOpen, &sums}
		if err := errors.Join(CheckHistory(totals, record, now), CheckTotals(totals, now)); (err == nil) != tt.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckTotals(Totals{Authorised: dkk(t, 20000), Captured: dkk(t, 5000), Refunded: dkk(t, 0)}, Evidence{Status: dibs.StatusMulticapOpen}); err != nil {
		t.Errorf("without sums: %v", err)
	}
}

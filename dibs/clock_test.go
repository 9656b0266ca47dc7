package dibs

import (
	"net/http"
	"testing"
	"time"
)

// R39: the last Date counts, and one that cannot be read is none.
func TestDate(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var c Client
	for _, tt := range []struct {
		header string
		want   time.Time
	}{
		{at.Format(http.TimeFormat), at},
		{at.Add(time.Hour).Format(time.ANSIC), at.Add(time.Hour)},
		{"", time.Time{}},
		{at.AddDate(-10, 0, 0).Format(http.TimeFormat), at.AddDate(-10, 0, 0)},
		{"tomorrow", time.Time{}},
	} {
		c.clock.note(http.Header{"Date": {tt.header}})
		if got := c.Date(); !got.Equal(tt.want) {
			t.Errorf("Date %q: %v, want %v", tt.header, got, tt.want)
		}
	}
}

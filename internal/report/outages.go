package report

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"flexform/apply"
)

// Outages warns of acquirers that the gateway does not reach, with what a plan
// wants of them. It writes nothing when there are none.
func Outages(w io.Writer, outages []apply.Outage, s Style) error {
	if len(outages) == 0 {
		return nil
	}
	b := bufio.NewWriter(w)
	b.WriteByte('\n')
	title := s.paint(inkYellow, "Warning") + ": "
	writeWrapped(b, title+"the gateway does not reach every acquirer now. Calls that need one that is down may be declined, or end as unknown. "+
		"DIBS calls this sign not fully reliable, so nothing is held back; waiting is safe.", "", s.Width)
	b.WriteByte('\n')
	for _, o := range outages {
		writeHanging(b, "  ", whereText(o)+": "+tallyText(o.Sums)+".", s.Width)
	}
	b.WriteByte('\n')
	return b.Flush()
}

func whereText(o apply.Outage) string {
	switch {
	case o.Acquirer != "":
		text := "Acquirer " + Ident(o.Acquirer) + " is down"
		if at := contactText(o.LastContact); at != "" {
			text += fmt.Sprintf(" (last reached %s by the gateway's clock)", at)
		}
		return text
	case o.PayType != "":
		return "Perhaps, as only their paytype " + Ident(o.PayType) + " is known"
	}
	return "Perhaps, as nothing of their way is known"
}

// contactText is a time of the gateway's clock, of which nobody knows the zone.
func contactText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04")
}

package dibs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// AllAcquirers asks [Client.AcquirerStatus] about all acquirers at once.
const AllAcquirers = "all"

// An AcquirerStatus says whether the gateway reaches an acquirer. DIBS itself
// warns that it is not fully reliable.
type AcquirerStatus struct {
	Acquirer string
	Up       bool
	// LastContact is the gateway's wall clock of the last contact, to the
	// minute. Its zone is not documented, and so the location says UTC. It is
	// the zero Time when the gateway did not say it in the documented words.
	LastContact time.Time
	Text        string // those words
}

// AcquirerStatus asks whether an acquirer can be reached, and when it last was
// (flexwin.md 6.11). It sends two requests, one for each, and needs no login.
// An error says why the gateway could not be read.
func (c *Client) AcquirerStatus(ctx context.Context, acquirer string) (AcquirerStatus, error) {
	q := question{service: acquirerStatusPML, what: fmt.Sprintf("%+q", acquirer)}
	if acquirer == "" || len(acquirer) > maxAccount || !printable(acquirer) {
		return AcquirerStatus{}, q.failed(fmt.Errorf("an acquirer has a name of at most %d printable ASCII characters", maxAccount))
	}
	asking := func(replyType string) question {
		q.form = make(form, 0, 64)
		q.form.add("acquirer", acquirer)
		q.form.add("replytype", replyType)
		return q
	}
	up, err := look(ctx, c, asking("num"), readUp)
	if err != nil {
		return AcquirerStatus{}, err
	}
	text, err := look(ctx, c, asking("text"), readSentence)
	if err != nil {
		return AcquirerStatus{}, err
	}
	return AcquirerStatus{acquirer, up, lastContact(text), c.cleaner.clean(text, 200)}, nil
}

func readUp(body string, whole bool) (bool, error) {
	r, err := readReply(body, whole)
	switch {
	case err != nil:
		return false, err
	case r.line != "0" && r.line != "1":
		return false, errors.New("the reply is neither 0 nor 1")
	}
	return r.line == "1", nil
}

func readSentence(body string, whole bool) (string, error) {
	r, err := readReply(body, whole)
	return r.line, err
}

var contactTime = regexp.MustCompile(`established at (\d{2}/\d{2}-\d{4} at \d{2}\.\d{2})(?:\D|$)`)

// lastContact reads "Last contact to the acquirer was established at
// dd/mm-yyyy at hh.mm".
func lastContact(text string) time.Time {
	found := contactTime.FindStringSubmatch(text)
	if found == nil {
		return time.Time{}
	}
	at, err := time.Parse("02/01-2006 at 15.04", found[1])
	if err != nil {
		return time.Time{}
	}
	return at
}

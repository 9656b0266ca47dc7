package plan

import (
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/schema"
	"flexform/statefile"
)

// As long as a row of a bulk file has no end its transaction is blocked, in
// words that name the file; and no command says that it did not happen while it
// may still wait.
func TestRowsOfBulkFilesBlock(t *testing.T) {
	s := bulkSubject(statefile.ActionOpen, "")
	r, ok := s.undecided()
	if !ok || r.blocked.Cause != CauseUnknown || r.blocked.Command != "" || !strings.Contains(r.blocked.Detail, "is in bulk file refund271126_01, which has no response yet. Before it the status was captured (5)") {
		t.Errorf("without a response: %+v", r.blocked)
	}
	s = bulkSubject(statefile.ActionUnknown, "response_refund271126_01.txt: the response has no row for it")
	r, ok = s.undecided()
	if !ok || r.blocked.Cause != CauseUnknown || !strings.HasPrefix(r.blocked.Command, "flexform resolve ") || !strings.Contains(r.blocked.Detail, "It went in bulk file refund271126_01, and response_refund271126_01.txt: the response has no row for it.") {
		t.Errorf("without a row in the response: %+v", r.blocked)
	}
}

func bulkSubject(state statefile.ActionState, message string) *subject {
	want := schema.Transaction{Address: "transaction.a"}
	return &subject{
		want: &want, seen: &Observation{Looked: true, Status: dibs.StatusCaptured},
		record: statefile.Transaction{Actions: []statefile.Action{{ID: "a", Batch: "refund271126_01", Before: 5, State: state, Message: message}}},
	}
}

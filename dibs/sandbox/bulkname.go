package sandbox

import (
	"regexp"
	"strings"
	"time"
)

// A bulkKind says what is done with the rows of a bulk file (flexwin.md 9.7).
// Its text is what file names begin with. The documentation names refund and
// ticket_auth files; the names of the other two were formed alike.
type bulkKind string

const (
	bulkRefund        bulkKind = "refund"
	bulkCapture       bulkKind = "capture"
	bulkTicketAuth    bulkKind = "ticket_auth"
	bulkTicketCapture bulkKind = "ticket_capture"
)

// tickets reports whether the rows name tickets, and each makes a new
// transaction.
func (k bulkKind) tickets() bool { return k == bulkTicketAuth || k == bulkTicketCapture }

// A bulkPart is one of the four files of a batch.
type bulkPart uint8

const (
	_               bulkPart = iota
	bulkRows                 // X.txt, from the client
	bulkRun                  // X.run, from the client: the rows are complete
	bulkResponse             // response_X.txt, from the gateway
	bulkResponseRun          // response_X.run, from the gateway: the response is complete
)

// A bulkName is a file name that belongs to a batch.
type bulkName struct {
	kind  bulkKind
	batch string // "refund021126_01"
	part  bulkPart
}

var bulkNames = regexp.MustCompile(`^(response_)?((refund|capture|ticket_auth|ticket_capture)([0-9]{6})_[0-9]{2})\.(txt|run)$`)

// parseBulkName reads a file name, and reports whether it is one of a batch's.
// Any other file lies in the directory and nothing happens with it.
func parseBulkName(file string) (bulkName, bool) {
	found := bulkNames.FindStringSubmatch(file)
	if found == nil || strings.HasSuffix(found[2], "_00") {
		return bulkName{}, false
	}
	if _, err := time.Parse("020106", found[4]); err != nil {
		return bulkName{}, false
	}
	n := bulkName{kind: bulkKind(found[3]), batch: found[2], part: bulkRows}
	if found[5] == "run" {
		n.part++
	}
	if found[1] != "" {
		n.part += bulkResponse - bulkRows
	}
	return n, true
}

// file returns the name of one of the batch's files.
func (n bulkName) file(p bulkPart) string {
	return map[bulkPart]string{
		bulkRows: n.batch + ".txt", bulkRun: n.batch + ".run",
		bulkResponse: "response_" + n.batch + ".txt", bulkResponseRun: "response_" + n.batch + ".run",
	}[p]
}

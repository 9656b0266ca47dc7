package bulk

// A Kind says what DIBS does with the rows of a file.
type Kind uint8

const (
	_             Kind = iota // invalid, so a forgotten field is caught
	Refund                    // give captured money back
	Capture                   // take authorised money
	TicketAuth                // authorise a new payment on a ticket
	TicketCapture             // authorise a new payment on a ticket, and capture it
)

// kindNames are what file names begin with. DIBS documents those of refund and
// ticket authorisation; the other two are formed alike (flexwin.md 9.7).
var kindNames = [...]string{Refund: "refund", Capture: "capture", TicketAuth: "ticket_auth", TicketCapture: "ticket_capture"}

// Valid reports whether k is one of the four kinds.
func (k Kind) Valid() bool { return k > 0 && int(k) < len(kindNames) }

// Tickets reports whether the rows name tickets, and each makes a new
// transaction.
func (k Kind) Tickets() bool { return k == TicketAuth || k == TicketCapture }

// String returns what file names of the kind begin with, "ticket_auth".
func (k Kind) String() string {
	if !k.Valid() {
		return "invalid kind"
	}
	return kindNames[k]
}

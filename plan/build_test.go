package plan

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

const (
	merchant = "12345678"
	transact = "11111111"
	address  = "transaction.a"
)

// memory is a ledger's fold for tests.
type memory map[statefile.Key]statefile.Transaction

func (m memory) Transaction(k statefile.Key) (statefile.Transaction, bool) {
	t, ok := m[k]
	return t, ok
}

func (m memory) Transactions() iter.Seq[statefile.Transaction] {
	return func(yield func(statefile.Transaction) bool) {
		for _, t := range m {
			if !yield(t) {
				return
			}
		}
	}
}

func (m memory) Tickets(merchant, order string) (list []statefile.Transaction) {
	for t := range m.Transactions() {
		if t.Merchant != merchant {
			continue
		}
		for _, a := range t.Actions {
			if a.OrderID == order {
				list = append(list, t)
			}
		}
		for _, p := range t.Payments {
			if p.OrderID == order {
				list = append(list, t)
			}
		}
	}
	return list
}

// A tale is one transaction: what is wanted, what the gateway says, and what
// the ledger holds. 200.00 DKK are authorised.
type tale struct {
	captured, refunded string // "", "full" or a decimal
	cancelled          bool
	status             dibs.Status
	paid               int64 // payinfo's amount; 0 when only the status was asked for
	unread             error
	ledger             []deed
	adopted            *adoption
	split              *splitTale // nil when the sums were not read
	again              bool       // reauthorise = true
}

// A splitTale is what splitpay_info says of a base of 200.00 DKK.
type splitTale struct {
	captured, pending, refunded int64
	hidden                      int64 // at the acquirer, and in no sum
	closed                      bool
}

func (s splitTale) info(t testing.TB) dibs.SplitPayInfo {
	i := dibs.SplitPayInfo{
		Transact: transact, State: dibs.SplitOpen, Authorised: dkk(t, 20000), Captured: dkk(t, s.captured), PendingCaptures: dkk(t, s.pending),
		Left: dkk(t, 20000-s.captured-s.pending-s.hidden), Refunded: dkk(t, s.refunded), PendingRefunds: dkk(t, 0),
	}
	switch {
	case s.closed && s.pending > 0:
		i.State = dibs.SplitClosing
	case s.closed:
		i.State = dibs.SplitClosed
	}
	return i
}

// A deed is one action in the ledger.
type deed struct {
	verb     statefile.Verb
	from, to int64
	state    statefile.ActionState
	before   dibs.Status
	code     int // the gateway's; 0 stands for 4
}

type adoption struct {
	captured, refunded int64
	cancelled          bool
	status             dibs.Status
}

func (s tale) want(t testing.TB) schema.Transaction {
	return schema.Transaction{
		Address: address, Merchant: merchant, Transact: transact, OrderID: "11223344", Amount: dkk(t, 20000),
		Captured: declare(t, s.captured), Refunded: declare(t, s.refunded), Cancelled: s.cancelled, Reauthorise: s.again, Reason: "because",
		Source: schema.Range{File: "main.hcl", Start: schema.Pos{Line: 3}},
	}
}

func declare(t testing.TB, s string) schema.Total {
	t.Helper()
	switch s {
	case "":
		return schema.Total{}
	case "full":
		return schema.Total{Declared: true, Full: true}
	}
	a, err := money.Parse(s + " DKK")
	if err != nil {
		t.Fatal(err)
	}
	return schema.Total{Declared: true, Amount: a}
}

// record folds the deeds as the ledger does: what was accepted counts.
func (s tale) record(t testing.TB) (statefile.Transaction, bool) {
	r := statefile.Transaction{Key: statefile.Key{Merchant: merchant, Transact: transact}, OrderID: "11223344", Amount: dkk(t, 20000)}
	for _, d := range s.ledger {
		step := statefile.Step{Key: r.Key, Verb: d.verb, From: dkk(t, d.from), To: dkk(t, d.to)}
		attempt := 1
		for _, a := range r.Actions {
			if a.Step == step {
				attempt++
			}
		}
		code := 4
		if d.code > 0 {
			code = d.code
		}
		r.Actions = append(r.Actions, statefile.Action{
			ID: statefile.ActionID(step, attempt), Step: step, Attempt: attempt, State: d.state, Before: int(d.before), Code: &code,
		})
		if d.state == statefile.ActionReversed {
			step.To = step.From // the total is back where it was, and known to be
		}
		if d.state == statefile.ActionAccepted || d.state == statefile.ActionDone || d.state == statefile.ActionReversed {
			switch d.verb {
			case statefile.Capture:
				r.Captured = step.To
			case statefile.Refund:
				r.Refunded = step.To
			case statefile.Cancel:
				r.Cancelled = d.state != statefile.ActionReversed
			}
		}
	}
	if a := s.adopted; a != nil {
		r.Captured, r.Refunded, r.Cancelled = dkk(t, a.captured), dkk(t, a.refunded), a.cancelled
		r.Adopted, r.AdoptedStatus = true, int(a.status)
		r.Status, r.StatusKnown = int(a.status), true
	}
	return r, len(s.ledger) > 0 || s.adopted != nil
}

func (s tale) input(t testing.TB) BuildInput {
	seen := Observation{Looked: true, Transact: transact, Status: s.status, Err: s.unread}
	if s.paid > 0 {
		seen.Pay = &dibs.PayInfo{Transact: transact, Status: s.status, Amount: dkk(t, s.paid), OrderID: "11223344"}
	}
	if s.split != nil {
		sums, err := ReadSums(s.split.info(t))
		if err != nil {
			t.Fatal(err)
		}
		seen.Sums = &sums
	}
	known := memory{}
	if r, ok := s.record(t); ok {
		known[r.Key] = r
	}
	return BuildInput{
		Config: &schema.Config{
			Merchants:    []schema.Merchant{{Name: "shop", ID: merchant, Mode: schema.ModeSandbox}},
			Transactions: []schema.Transaction{s.want(t)},
		},
		State: known, Observations: []Observation{seen},
	}
}

// told is a draft as text: one line a decision.
func told(d Draft, problems []Problem) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, "problem: "+p.Summary)
	}
	for _, a := range d.Body.Actions {
		line := fmt.Sprintf("%s %d->%d #%d %s", a.Verb, a.FromMinor, a.ToMinor, a.Attempt, a.Class)
		if a.Earlier != "" {
			line += " (" + a.Earlier + ")"
		}
		lines = append(lines, line)
	}
	for _, n := range d.Body.Notices {
		lines = append(lines, "notice: "+n.Text)
	}
	for _, b := range d.Body.Blocked {
		lines = append(lines, strings.TrimSpace("blocked: "+string(b.Cause)+" "+b.Command))
	}
	if len(lines) == 0 {
		return "unchanged"
	}
	return strings.Join(lines, "\n")
}

const (
	accepted = statefile.ActionAccepted
	done     = statefile.ActionDone
	declined = statefile.ActionDeclined
	notSent  = statefile.ActionNotSent
	notDone  = statefile.ActionNotDone
	reversed = statefile.ActionReversed
	unknown  = statefile.ActionUnknown
	open     = statefile.ActionOpen
)

func refundOf(from, to int64, state statefile.ActionState, before dibs.Status) deed {
	return deed{statefile.Refund, from, to, state, before, 0}
}

func captureOf(to int64, state statefile.ActionState, before dibs.Status) deed {
	return deed{statefile.Capture, 0, to, state, before, 0}
}

func cancelOf(state statefile.ActionState) deed {
	return deed{statefile.Cancel, 0, 20000, state, 2, 0}
}

func againOf(state statefile.ActionState, before dibs.Status) deed {
	return deed{statefile.Reauthorise, 0, 20000, state, before, 0}
}

// tooOld is a capture that was declined because of its authorisation's age.
func tooOld(to int64) deed { return deed{statefile.Capture, 0, to, declined, 2, 5} }

func deeds(d ...deed) []deed { return d }

func TestBuild(t *testing.T) {
	adoptAll := `blocked: drift flexform adopt transaction.a --captured "200.00 DKK" --refunded "200.00 DKK" --evidence "…"`
	adoptSome := `blocked: drift flexform adopt transaction.a --captured "200.00 DKK" --refunded "… DKK" --evidence "…"`
	adoptNone := `blocked: drift flexform adopt transaction.a --captured "0.00 DKK" --refunded "0.00 DKK" --evidence "…"`
	adoptCancelled := `blocked: drift flexform adopt transaction.a --captured "0.00 DKK" --refunded "0.00 DKK" --cancelled --evidence "…"`
	for name, tt := range map[string]struct {
		tale
		want string
	}{
		// capture
		"capture all of an authorisation":         {tale{captured: "full", status: 2}, "capture 0->20000 #1 self-limiting"},
		"capture a part and say what is lost":     {tale{captured: "150.00", status: 2}, "capture 0->15000 #1 self-limiting\nnotice: Only 150.00 DKK of 200.00 DKK is captured. An ordinary transaction can be captured once, so the other 50.00 DKK cannot be captured later."},
		"capture now, refund later":               {tale{captured: "full", refunded: "50.00", status: 2}, "capture 0->20000 #1 self-limiting\nnotice: The refund of 50.00 DKK follows in a later plan, once the capture is final."},
		"capture now, refund all of it later":     {tale{captured: "150.00", refunded: "full", status: 2}, "capture 0->15000 #1 self-limiting\nnotice: Only 150.00 DKK of 200.00 DKK is captured. An ordinary transaction can be captured once, so the other 50.00 DKK cannot be captured later.\nnotice: The refund of 150.00 DKK follows in a later plan, once the capture is final."},
		"refund more than will be captured":       {tale{captured: "50.00", refunded: "50.01", status: 2}, "problem: Refund exceeds captured amount"},
		"captured already":                        {tale{captured: "full", status: 5}, "unchanged"},
		"captured and balanced already":           {tale{captured: "150.00", status: 7}, "unchanged"},
		"captured less by the gateway's word":     {tale{captured: "full", status: 5, paid: 15000}, "problem: Captured once already"},
		"captured more by the gateway's word":     {tale{captured: "100.00", status: 5, paid: 15000}, "problem: Irreversible"},
		"payinfo repeats the authorised amount":   {tale{captured: "100.00", status: 5, paid: 20000}, "unchanged"},
		"captured more by the ledger":             {tale{captured: "100.00", status: 5, ledger: deeds(captureOf(20000, done, 2))}, "problem: Irreversible"},
		"captured less by the ledger":             {tale{captured: "full", status: 5, ledger: deeds(captureOf(10000, done, 2))}, "problem: Captured once already"},
		"nothing to be captured, but it was":      {tale{captured: "0.00", status: 5}, "problem: Irreversible"},
		"nothing to be captured":                  {tale{captured: "0.00", status: 2}, "unchanged"},
		"capture under way elsewhere":             {tale{captured: "full", status: 12}, "blocked: settling"},
		"own capture under way":                   {tale{captured: "full", status: 3, ledger: deeds(captureOf(20000, accepted, 2))}, "blocked: settling"},
		"own capture not to be seen yet":          {tale{captured: "full", status: 2, ledger: deeds(captureOf(20000, accepted, 2))}, "blocked: settling"},
		"own capture arrived":                     {tale{captured: "full", status: 5, ledger: deeds(captureOf(20000, accepted, 2))}, "unchanged"},
		"own capture gone":                        {tale{captured: "full", status: 2, ledger: deeds(captureOf(20000, done, 2))}, adoptNone},
		"own capture cancelled":                   {tale{captured: "full", status: 6, ledger: deeds(captureOf(20000, done, 2))}, adoptCancelled},
		"own capture declined later":              {tale{captured: "full", status: 4, ledger: deeds(captureOf(20000, accepted, 2))}, "capture 0->20000 #2 self-limiting (attempt 1 was accepted, and declined by the acquirer later (status capture declined (4)))"},
		"own capture declined, and recorded so":   {tale{captured: "full", status: 4, ledger: deeds(captureOf(20000, reversed, 2))}, "capture 0->20000 #2 self-limiting (attempt 1 was accepted, and declined by the acquirer later)"},
		"own capture refused":                     {tale{captured: "full", status: 2, ledger: deeds(captureOf(20000, declined, 2))}, "capture 0->20000 #2 self-limiting (attempt 1 was declined: rejected by the acquirer (4))"},
		"own capture not sent":                    {tale{captured: "full", status: 2, ledger: deeds(captureOf(20000, notSent, 2))}, "capture 0->20000 #2 self-limiting (attempt 1 was not sent)"},
		"another step is another first attempt":   {tale{captured: "full", status: 2, ledger: deeds(captureOf(10000, declined, 2))}, "capture 0->20000 #1 self-limiting"},
		"somebody's capture declined":             {tale{captured: "full", status: 4}, adoptNone},
		"somebody's capture declined, adopted":    {tale{captured: "full", status: 4, adopted: &adoption{status: 4}}, "capture 0->20000 #1 self-limiting"},
		"cancelled elsewhere, capture wanted":     {tale{captured: "full", status: 6}, "blocked: status"},
		"cancelled by flexform, capture wanted":   {tale{captured: "full", status: 6, ledger: deeds(cancelOf(done))}, "problem: Irreversible"},
		"capture wanted of a declined payment":    {tale{captured: "full", status: 1}, "blocked: status"},
		"capture wanted of a split capture":       {tale{captured: "full", status: 18}, "blocked: status"},
		"capture wanted at a status without text": {tale{captured: "full", status: 23}, "blocked: status"},
		"more than is authorised":                 {tale{captured: "200.01", status: 2}, "problem: Capture exceeds authorised amount"},

		// refund
		"refund a part":                        {tale{refunded: "50.00", status: 5}, "refund 0->5000 #1 counted"},
		"refund more than half":                {tale{refunded: "100.01", status: 5}, "refund 0->10001 #1 self-limiting"},
		"refund half":                          {tale{refunded: "100.00", status: 5}, "refund 0->10000 #1 counted"},
		"refund all":                           {tale{refunded: "full", status: 7}, "refund 0->20000 #1 self-limiting"},
		"refund all of a smaller capture":      {tale{refunded: "full", status: 5, paid: 15000}, "refund 0->15000 #1 self-limiting"},
		"refund all of a declared capture":     {tale{captured: "150.00", refunded: "full", status: 5}, "refund 0->15000 #1 self-limiting"},
		"refund all of a recorded capture":     {tale{refunded: "full", status: 5, paid: 12000, ledger: deeds(captureOf(15000, done, 2))}, "refund 0->15000 #1 self-limiting"},
		"refund more than captured":            {tale{captured: "150.00", refunded: "150.01", status: 5}, "problem: Refund exceeds captured amount"},
		"refund the difference":                {tale{refunded: "80.00", status: 8, ledger: deeds(refundOf(0, 5000, done, 5))}, "refund 5000->8000 #1 counted"},
		"refund the rest":                      {tale{refunded: "full", status: 8, ledger: deeds(refundOf(0, 5000, done, 5))}, "refund 5000->20000 #1 self-limiting"},
		"refunded already":                     {tale{refunded: "50.00", status: 8, ledger: deeds(refundOf(0, 5000, done, 5))}, "unchanged"},
		"refunded more already":                {tale{refunded: "40.00", status: 8, ledger: deeds(refundOf(0, 5000, done, 5))}, "problem: Irreversible"},
		"refunded all already":                 {tale{refunded: "full", status: 11, ledger: deeds(refundOf(0, 20000, done, 5))}, "unchanged"},
		"refunded all, less wanted":            {tale{refunded: "50.00", status: 11, ledger: deeds(refundOf(0, 20000, done, 5))}, "problem: Irreversible"},
		"refunds are not managed":              {tale{captured: "full", status: 8}, "unchanged"},
		"refunds under way are not managed":    {tale{captured: "full", status: 9}, "unchanged"},
		"nothing is declared":                  {tale{status: 8}, "unchanged"},
		"refund without a capture":             {tale{refunded: "full", status: 2}, "blocked: status"},
		"nothing refunded without a capture":   {tale{refunded: "0.00", status: 2}, "unchanged"},
		"refund of a cancelled payment":        {tale{refunded: "50.00", status: 6}, "blocked: status"},
		"refund while the capture is declined": {tale{refunded: "50.00", status: 4}, "blocked: status"},
		"refund while the capture settles":     {tale{refunded: "50.00", status: 12}, "blocked: settling"},
		"own refund under way":                 {tale{refunded: "full", status: 9, ledger: deeds(refundOf(0, 20000, accepted, 5))}, "blocked: settling"},
		"own refund waits for a batch":         {tale{refunded: "full", status: 15, ledger: deeds(refundOf(0, 20000, accepted, 5))}, "blocked: settling"},
		"own refund arrived":                   {tale{refunded: "full", status: 11, ledger: deeds(refundOf(0, 20000, accepted, 5))}, "unchanged"},
		"own first part arrived":               {tale{refunded: "50.00", status: 8, ledger: deeds(refundOf(0, 5000, accepted, 5))}, "unchanged"},
		"own later part was accepted":          {tale{refunded: "80.00", status: 8, ledger: deeds(refundOf(0, 5000, done, 5), refundOf(5000, 8000, accepted, 8))}, "unchanged"},
		"own first part not to be seen":        {tale{refunded: "80.00", status: 5, ledger: deeds(refundOf(0, 5000, accepted, 5))}, "blocked: settling"},
		"own first part not to be seen at 7":   {tale{refunded: "80.00", status: 7, ledger: deeds(refundOf(0, 5000, accepted, 5))}, "blocked: settling"},
		"own rest not to be seen":              {tale{refunded: "full", status: 8, ledger: deeds(refundOf(0, 5000, done, 5), refundOf(5000, 20000, accepted, 8))}, "blocked: settling"},
		"own refund declined later":            {tale{refunded: "full", status: 10, ledger: deeds(refundOf(0, 20000, accepted, 5))}, "refund 0->20000 #2 self-limiting (attempt 1 was accepted, and declined by the acquirer later (status refund declined (10)))"},
		"own second refund declined later":     {tale{refunded: "80.00", status: 10, ledger: deeds(refundOf(0, 5000, done, 5), refundOf(5000, 8000, accepted, 8))}, "refund 5000->8000 #2 counted (attempt 1 was accepted, and declined by the acquirer later (status refund declined (10)))"},
		"own refund declined, and recorded so": {tale{refunded: "100.00", status: 10, ledger: deeds(refundOf(0, 20000, reversed, 5))}, "refund 0->10000 #1 counted"},
		"one of two refunds declined":          {tale{refunded: "80.00", status: 10, ledger: deeds(refundOf(0, 5000, accepted, 5), refundOf(5000, 8000, accepted, 8))}, adoptSome},
		"attempts are counted":                 {tale{refunded: "50.00", status: 5, ledger: deeds(refundOf(0, 5000, declined, 5), refundOf(0, 5000, notSent, 5), refundOf(0, 5000, notDone, 5))}, "refund 0->5000 #4 counted (attempt 1 was declined: rejected by the acquirer (4); attempt 2 was not sent; attempt 3 did not happen)"},

		// drift
		"part refunded elsewhere":             {tale{refunded: "50.00", status: 8}, adoptSome},
		"all refunded elsewhere":              {tale{refunded: "full", status: 11}, adoptAll},
		"refund under way elsewhere":          {tale{refunded: "full", status: 9}, adoptSome},
		"refund waits elsewhere":              {tale{refunded: "full", status: 15}, adoptSome},
		"refund declined elsewhere":           {tale{refunded: "full", status: 10}, adoptSome},
		"part, and the ledger has all":        {tale{refunded: "full", status: 8, ledger: deeds(refundOf(0, 20000, done, 5))}, adoptSome},
		"part, and the ledger's all accepted": {tale{refunded: "full", status: 8, ledger: deeds(refundOf(0, 20000, accepted, 5))}, adoptSome},
		"all, and the ledger has a part":      {tale{refunded: "80.00", status: 11, ledger: deeds(refundOf(0, 5000, done, 5))}, adoptAll},
		"none, and the ledger has a part":     {tale{refunded: "80.00", status: 5, ledger: deeds(refundOf(0, 5000, done, 5))}, adoptSome},
		"none, and refunds no longer managed": {tale{captured: "full", status: 5, ledger: deeds(refundOf(0, 5000, done, 5))}, adoptSome},
		"new refund, and the ledger's is old": {tale{refunded: "80.00", status: 9, ledger: deeds(refundOf(0, 5000, done, 5))}, adoptSome},
		"new decline, and the ledger's is ok": {tale{refunded: "80.00", status: 10, ledger: deeds(refundOf(0, 5000, done, 5))}, adoptSome},
		"authorised, and the ledger refunded": {tale{refunded: "80.00", status: 2, ledger: deeds(refundOf(0, 5000, done, 5))}, adoptNone},
		"captured, and the ledger cancelled":  {tale{captured: "full", status: 5, ledger: deeds(cancelOf(done))}, adoptSome},

		// adopted
		"adopted at 8":                            {tale{refunded: "80.00", status: 8, adopted: &adoption{20000, 5000, false, 8}}, "refund 5000->8000 #1 counted"},
		"adopted at 8, and reached":               {tale{refunded: "50.00", status: 8, adopted: &adoption{20000, 5000, false, 8}}, "unchanged"},
		"adopted at 11":                           {tale{refunded: "full", status: 11, adopted: &adoption{20000, 20000, false, 11}}, "unchanged"},
		"adopted at 11 for a part":                {tale{refunded: "50.00", status: 11, adopted: &adoption{20000, 5000, false, 11}}, "unchanged"},
		"adopted at 5, balanced since":            {tale{refunded: "80.00", status: 7, adopted: &adoption{20000, 5000, false, 5}}, "refund 5000->8000 #1 counted"},
		"adopted at 5, refunded since":            {tale{refunded: "80.00", status: 8, adopted: &adoption{20000, 0, false, 5}}, adoptSome},
		"adopted at 8, all gone since":            {tale{refunded: "80.00", status: 11, adopted: &adoption{20000, 5000, false, 8}}, adoptAll},
		"adopted as not captured, captured since": {tale{captured: "full", status: 5, adopted: &adoption{0, 0, false, 2}}, adoptSome},
		"adopted at 11 for a part, more wanted":   {tale{refunded: "80.00", status: 11, adopted: &adoption{20000, 5000, false, 11}}, "blocked: status"},
		"adopted at 9":                            {tale{refunded: "50.00", status: 9, adopted: &adoption{20000, 5000, false, 9}}, "blocked: settling"},
		"adopted at 9, part since":                {tale{refunded: "50.00", status: 8, adopted: &adoption{20000, 5000, false, 9}}, "unchanged"},
		"adopted at 9, declined since":            {tale{refunded: "50.00", status: 10, adopted: &adoption{20000, 5000, false, 9}}, adoptSome},
		"adopted at 10":                           {tale{refunded: "50.00", status: 10, adopted: &adoption{20000, 0, false, 10}}, "refund 0->5000 #1 counted"},
		"adopted below an accepted step":          {tale{refunded: "50.00", status: 5, ledger: deeds(refundOf(0, 5000, accepted, 5)), adopted: &adoption{20000, 0, false, 5}}, adoptSome},
		"adopted below a final step":              {tale{refunded: "50.00", status: 5, ledger: deeds(refundOf(0, 5000, done, 5)), adopted: &adoption{20000, 0, false, 5}}, adoptSome},

		// cancel
		"cancel":                            {tale{cancelled: true, status: 2}, "cancel 0->20000 #1 self-limiting"},
		"cancelled already":                 {tale{cancelled: true, status: 6}, "unchanged"},
		"cancelled by flexform already":     {tale{cancelled: true, status: 6, ledger: deeds(cancelOf(accepted))}, "unchanged"},
		"cancel not to be seen yet":         {tale{cancelled: true, status: 2, ledger: deeds(cancelOf(accepted))}, "blocked: settling"},
		"cancel gone":                       {tale{cancelled: true, status: 2, ledger: deeds(cancelOf(done))}, adoptNone},
		"cancel refused once":               {tale{cancelled: true, status: 2, ledger: deeds(cancelOf(declined))}, "cancel 0->20000 #2 self-limiting (attempt 1 was declined: rejected by the acquirer (4))"},
		"cancel what is captured":           {tale{cancelled: true, status: 5}, "problem: Irreversible"},
		"cancel what is refunded":           {tale{cancelled: true, status: 11}, "problem: Irreversible"},
		"cancel while the capture settles":  {tale{cancelled: true, status: 12}, "blocked: settling"},
		"cancel after a declined capture":   {tale{cancelled: true, status: 4}, "blocked: status"},
		"cancel a declined payment":         {tale{cancelled: true, status: 1}, "blocked: status"},
		"cancelled and captured":            {tale{cancelled: true, captured: "full", status: 2}, "problem: Contradiction"},
		"cancelled and nothing captured":    {tale{cancelled: true, captured: "0.00", status: 2}, "cancel 0->20000 #1 self-limiting"},
		"own cancel, and nothing is wanted": {tale{status: 2, ledger: deeds(cancelOf(done))}, "unchanged"},

		// not known
		"unknown refund":       {tale{refunded: "80.00", status: 8, ledger: deeds(refundOf(0, 5000, unknown, 5))}, `blocked: unknown flexform resolve '12345678/11111111/refund/0-5000/DKK#1' --outcome "done|not-done" --evidence "…"`},
		"open refund":          {tale{status: 8, ledger: deeds(refundOf(0, 5000, open, 5))}, `blocked: unknown flexform resolve '12345678/11111111/refund/0-5000/DKK#1' --outcome "done|not-done" --evidence "…"`},
		"unknown and not read": {tale{refunded: "80.00", unread: errors.New("timeout"), ledger: deeds(refundOf(0, 5000, unknown, 5))}, `blocked: unknown flexform resolve '12345678/11111111/refund/0-5000/DKK#1' --outcome "done|not-done" --evidence "…"`},
		"not read":             {tale{refunded: "80.00", unread: errors.New("timeout")}, "blocked: unread"},
		"not found":            {tale{refunded: "80.00", unread: &dibs.NotFoundError{}}, "blocked: notfound"},
		"another transact":     {tale{refunded: "80.00", unread: &MismatchError{Declared: transact, Found: []dibs.TransactID{"22222222"}}}, "blocked: mismatch"},
		"several transacts":    {tale{refunded: "80.00", unread: &MismatchError{Found: []dibs.TransactID{"22222222", "33333333"}}}, "blocked: mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			d, problems := Build(tt.input(t))
			if diff := cmp.Diff(tt.want, told(d, problems)); diff != "" {
				t.Errorf("Build(%+v) mismatch (-want +got):\n%s", tt.tale, diff)
				for _, p := range problems {
					t.Log(p.Detail)
				}
				for _, b := range d.Body.Blocked {
					t.Log(b.Detail)
				}
			}
		})
	}
}

package plan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

const ticket = "270000543"

// A try is one earlier action on the ticket: a charge of an order, or a
// deletion when that is empty.
type try struct {
	order string
	minor int64
	state statefile.ActionState
}

// A cardTale is a ticket with what is wanted of it, what the ledger knows and
// what the gateway says.
type cardTale struct {
	charges []schema.Charge
	deleted bool
	status  dibs.Status
	unread  error
	ledger  []try
	adopted []statefile.Payment
	gone    bool // the ledger has it as deleted by a person's word
	called  bool
	seen    map[string]ChargeObservation // by order; no order that is not in it is there
	unseen  bool
}

func chargeOf(t testing.TB, order string, minor int64) schema.Charge {
	t.Helper()
	return schema.Charge{Address: `ticket.gold.charge["` + order + `"]`, OrderID: order, Amount: dkk(t, minor), Reason: "renewal",
		Source: schema.Range{File: "main.hcl", Start: schema.Pos{Line: 7}}}
}

func (s cardTale) record(t testing.TB) statefile.Transaction {
	r := statefile.Transaction{Key: statefile.Key{Merchant: merchant, Transact: ticket}, Payments: s.adopted, Deleted: s.gone}
	for _, d := range s.ledger {
		step := statefile.Step{Key: r.Key, Verb: statefile.Delete}
		if d.order != "" {
			step = statefile.Step{Key: r.Key, Verb: statefile.Charge, OrderID: d.order, From: dkk(t, 0), To: dkk(t, d.minor)}
		}
		attempt := 1
		for _, a := range r.Actions {
			if a.Step == step {
				attempt++
			}
		}
		code := 4
		happened := d.state == accepted || d.state == done
		a := statefile.Action{ID: statefile.ActionID(step, attempt), Step: step, Attempt: attempt, State: d.state, Before: 13, Code: &code}
		if happened && d.order != "" {
			a.Payment = "9-" + d.order
		}
		r.Deleted = r.Deleted || happened && d.order == ""
		r.Actions = append(r.Actions, a)
	}
	if s.called {
		r.Calls = []statefile.Call{{Service: "delticket.cgi", Seq: 7}}
	}
	return r
}

func (s cardTale) input(t testing.TB) BuildInput {
	seen := TicketObservation{Looked: !s.unseen, Status: s.status, Err: s.unread}
	for _, c := range s.charges {
		o := s.seen[c.OrderID]
		o.Looked = !s.unseen
		seen.Charges = append(seen.Charges, o)
	}
	known := memory{}
	if r := s.record(t); len(r.Actions)+len(r.Payments)+len(r.Calls) > 0 || r.Deleted {
		known[r.Key] = r
	}
	return BuildInput{
		Config: &schema.Config{
			Merchants: []schema.Merchant{{Name: "shop", ID: merchant, Mode: schema.ModeSandbox}},
			Tickets: []schema.Ticket{{
				Address: "ticket.gold", Merchant: merchant, Ticket: ticket, Deleted: s.deleted, Charges: s.charges, Reason: "membership",
				Source: schema.Range{File: "main.hcl", Start: schema.Pos{Line: 3}},
			}},
		},
		State: known, Tickets: []TicketObservation{seen},
	}
}

func TestTickets(t *testing.T) {
	adoptCharge := ` flexform adopt 'ticket.gold.charge["A"]' --evidence "…"`
	adoptTicket := ` flexform adopt ticket.gold --evidence "…"`
	a, b := chargeOf(t, "A", 9900), chargeOf(t, "B", 4900)
	captured := a
	captured.Capture = true
	there := func(status dibs.Status) map[string]ChargeObservation {
		return map[string]ChargeObservation{"A": {Payment: "9-A", Status: status}}
	}
	for name, tt := range map[string]struct {
		tale cardTale
		want string
	}{
		"a charge":                        {cardTale{charges: []schema.Charge{captured}, status: 13}, "charge 0->9900 #1 self-limiting"},
		"two charges":                     {cardTale{charges: []schema.Charge{a, b}, status: 13}, "charge 0->9900 #1 self-limiting\ncharge 0->4900 #1 self-limiting"},
		"a deletion":                      {cardTale{deleted: true, status: 13}, "delete 0->0 #1 self-limiting"},
		"deleted already":                 {cardTale{deleted: true, status: 14}, "unchanged"},
		"nothing wanted":                  {cardTale{status: 5, unseen: true}, "unchanged"},
		"charged by the ledger":           {cardTale{charges: []schema.Charge{a}, unseen: true, ledger: []try{{"A", 9900, done}}}, "unchanged"},
		"accepted by the ledger":          {cardTale{charges: []schema.Charge{a}, unseen: true, ledger: []try{{"A", 9900, accepted}}}, "unchanged"},
		"charged by a person's word":      {cardTale{charges: []schema.Charge{a}, unseen: true, adopted: []statefile.Payment{{OrderID: "A", Amount: dkk(t, 9900), Transact: "9-A"}}}, "unchanged"},
		"charged with another amount":     {cardTale{charges: []schema.Charge{a}, unseen: true, ledger: []try{{"A", 4900, done}}}, "problem: Charged once already"},
		"charged, and not to be found":    {cardTale{charges: []schema.Charge{a}, status: 13, ledger: []try{{"A", 9900, done}}}, "blocked: drift"},
		"charged, and declined since":     {cardTale{charges: []schema.Charge{a}, status: 13, ledger: []try{{"A", 9900, done}}, seen: map[string]ChargeObservation{"A": {Payment: "9-A", Status: 1}}}, "blocked: drift"},
		"adopted, and declined since":     {cardTale{charges: []schema.Charge{a}, status: 13, adopted: []statefile.Payment{{OrderID: "A", Amount: dkk(t, 9900), Transact: "9-A"}}, seen: map[string]ChargeObservation{"A": {Payment: "9-A", Status: 17}}}, "blocked: drift"},
		"charged, as another payment":     {cardTale{charges: []schema.Charge{a}, status: 13, ledger: []try{{"A", 9900, done}}, seen: map[string]ChargeObservation{"A": {Payment: "1", Status: 5}}}, "blocked: drift"},
		"charged, and found":              {cardTale{charges: []schema.Charge{a}, status: 14, ledger: []try{{"A", 9900, done}}, seen: there(11)}, "unchanged"},
		"deleted and charged":             {cardTale{charges: []schema.Charge{a}, deleted: true, status: 13, seen: there(5), ledger: []try{{"A", 9900, done}}}, "delete 0->0 #1 self-limiting"},
		"deleted and not charged":         {cardTale{charges: []schema.Charge{a}, deleted: true, status: 13}, "problem: Deleted with an open charge\nblocked: status"},
		"a charge outside":                {cardTale{charges: []schema.Charge{a}, status: 13, seen: there(2)}, "blocked: drift" + adoptCharge},
		"a charge outside, not answered":  {cardTale{charges: []schema.Charge{a}, status: 13, seen: there(0)}, "blocked: drift" + adoptCharge},
		"a charge outside, declined":      {cardTale{charges: []schema.Charge{a}, status: 13, seen: there(1)}, "charge 0->9900 #1 self-limiting"},
		"a charge of the deleted":         {cardTale{charges: []schema.Charge{a}, status: 14}, "blocked: status"},
		"a charge of a payment":           {cardTale{charges: []schema.Charge{a}, status: 5}, "blocked: status"},
		"a deletion of a payment":         {cardTale{deleted: true, status: 5}, "blocked: status"},
		"a charge that was declined":      {cardTale{charges: []schema.Charge{a}, status: 13, seen: there(17), ledger: []try{{"A", 9900, declined}}}, "charge 0->9900 #2 self-limiting (attempt 1 was declined: card expired (4))"},
		"a charge declined, made smaller": {cardTale{charges: []schema.Charge{chargeOf(t, "A", 100)}, status: 13, ledger: []try{{"A", 9900, declined}}}, "charge 0->100 #1 self-limiting"},
		"a charge that is unknown":        {cardTale{charges: []schema.Charge{a}, status: 13, ledger: []try{{"A", 9900, unknown}}}, `blocked: unknown flexform resolve '12345678/270000543/charge/A/0-9900/DKK#1' --outcome "done|not-done" --evidence "…"`},
		"another charge that is unknown":  {cardTale{charges: []schema.Charge{b}, status: 13, ledger: []try{{"A", 9900, unknown}}}, `blocked: unknown flexform resolve '12345678/270000543/charge/A/0-9900/DKK#1' --outcome "done|not-done" --evidence "…"`},
		"a deletion after an unknown":     {cardTale{deleted: true, status: 13, ledger: []try{{"", 0, unknown}}}, `blocked: unknown flexform resolve '12345678/270000543/delete#1' --outcome "done|not-done" --evidence "…"`},
		"a deletion on its way":           {cardTale{deleted: true, status: 13, ledger: []try{{"", 0, accepted}}}, "blocked: settling"},
		"a deletion that came undone":     {cardTale{deleted: true, status: 13, ledger: []try{{"", 0, done}}}, "blocked: drift" + adoptTicket},
		"deleted by the ledger":           {cardTale{deleted: true, unseen: true, ledger: []try{{"", 0, done}}}, "unchanged"},
		"called by hand":                  {cardTale{charges: []schema.Charge{a}, status: 13, called: true}, "blocked: drift" + adoptTicket},
		"called by hand, deleted now":     {cardTale{deleted: true, status: 14, called: true}, "unchanged"},
		"not read":                        {cardTale{charges: []schema.Charge{a}, deleted: false, unread: errors.New("reset")}, "blocked: unread"},
		"not found":                       {cardTale{deleted: true, unread: &dibs.NotFoundError{}}, "blocked: notfound"},
		"the order not read":              {cardTale{charges: []schema.Charge{a}, status: 13, seen: map[string]ChargeObservation{"A": {Err: errors.New("reset")}}}, "blocked: unread"},
		"not looked at":                   {cardTale{charges: []schema.Charge{a}, unseen: true}, "blocked: unread"},
	} {
		if got := told(Build(tt.tale.input(t))); got != tt.want {
			t.Errorf("%s: Build = %s, want %s", name, got, tt.want)
		}
	}
}

// A transaction whose payment this plan makes waits for it.
func TestTransactionOfACharge(t *testing.T) {
	in := cardTale{charges: []schema.Charge{chargeOf(t, "A", 9900)}, status: 13}.input(t)
	in.Config.Transactions = []schema.Transaction{{
		Address: "transaction.a", Merchant: merchant, OrderID: "A", Amount: dkk(t, 9900), Captured: schema.Total{Declared: true, Full: true},
	}}
	in.Observations = []Observation{{Looked: true, Err: &dibs.NotFoundError{}}}
	d, problems := Build(in)
	if got := told(d, problems); got != "charge 0->9900 #1 self-limiting\nblocked: settling" {
		t.Errorf("Build = %s", got)
	}
	if diff := cmp.Diff(Counts{Declared: 2, Settling: 1, Charges: 1}, d.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// want is the slow and obvious way to say what a plan does about a charge, read
// off the promises rather than off the rules: an order is charged at most once,
// ever, and never on a guess.
func (s cardTale) want(c schema.Charge) string {
	tries, undecided, dead, charged, final := 0, false, s.gone, money.Amount{}, false
	for _, d := range s.ledger {
		undecided = undecided || d.state.Undecided()
		happened := d.state == accepted || d.state == done
		if d.order == "" {
			dead = dead || happened
			continue
		}
		if d.order != c.OrderID {
			continue
		}
		if happened {
			charged, _ = money.New(d.minor, c.Amount.Currency())
			final = d.state == done
		}
		if d.minor == c.Amount.Minor() {
			tries++
		}
	}
	for _, p := range s.adopted {
		if p.OrderID == c.OrderID {
			charged, final = p.Amount, true
		}
	}
	seen := s.seen[c.OrderID]
	missing := seen.Payment == "" || seen.Status == 1 || seen.Status == 17
	switch {
	case charged.Valid() && charged != c.Amount:
		return "problem"
	case charged.Valid():
		if s.unseen || seen.Payment == "9-"+dibs.TransactID(c.OrderID) && !(final && missing) {
			return "unchanged"
		}
		return "drift"
	case undecided:
		return "unknown"
	case s.deleted:
		return "problem"
	case s.unseen || s.unread != nil:
		return "unread"
	case !missing || s.called:
		return "drift"
	case s.status != 13:
		return "status"
	case dead:
		return "waits"
	}
	return fmt.Sprintf("charge #%d", tries+1)
}

func TestChargesAgainstOracle(t *testing.T) {
	states := []statefile.ActionState{accepted, done, reversed, declined, notSent, notDone, unknown}
	rapid.Check(t, func(r *rapid.T) {
		s := cardTale{
			deleted: rapid.IntRange(0, 5).Draw(r, "deleted") == 0,
			status:  rapid.SampledFrom([]dibs.Status{13, 13, 13, 14, 5}).Draw(r, "status"),
			called:  rapid.IntRange(0, 9).Draw(r, "called") == 0,
			unseen:  rapid.IntRange(0, 9).Draw(r, "unseen") == 0,
			seen:    map[string]ChargeObservation{},
		}
		if rapid.IntRange(0, 9).Draw(r, "unread") == 0 {
			s.unread = errors.New("reset")
		}
		for _, order := range []string{"A", "B"} {
			if rapid.Bool().Draw(r, "wanted") {
				s.charges = append(s.charges, chargeOf(t, order, rapid.SampledFrom([]int64{9900, 9900, 4900}).Draw(r, "amount")))
			}
			if rapid.IntRange(0, 3).Draw(r, "there") == 0 {
				s.seen[order] = ChargeObservation{Payment: dibs.TransactID("9-" + order), Status: rapid.SampledFrom([]dibs.Status{0, 1, 2, 5, 6, 17}).Draw(r, "payment")}
			}
			charged := false
			for range rapid.IntRange(0, 2).Draw(r, "tries") {
				if n := len(s.ledger); charged || n > 0 && s.ledger[n-1].state.Undecided() {
					break // the ledger takes nothing more
				}
				d := try{order, rapid.SampledFrom([]int64{9900, 9900, 4900}).Draw(r, "tried"), rapid.SampledFrom(states).Draw(r, "state")}
				charged = d.state == accepted || d.state == done
				s.ledger = append(s.ledger, d)
			}
			if !charged && rapid.IntRange(0, 5).Draw(r, "adopted") == 0 {
				s.adopted = append(s.adopted, statefile.Payment{OrderID: order, Amount: dkk(t, 9900), Transact: "9-" + order})
			}
		}
		if n := len(s.ledger); n == 0 || !s.ledger[n-1].state.Undecided() {
			if rapid.IntRange(0, 5).Draw(r, "delete tried") == 0 {
				s.ledger = append(s.ledger, try{"", 0, rapid.SampledFrom(states).Draw(r, "delete state")})
			}
		}
		d, problems := Build(s.input(t))
		for _, c := range s.charges {
			got := "unchanged"
			for _, a := range d.Body.Actions {
				if a.Address == c.Address {
					got = fmt.Sprintf("charge #%d", a.Attempt)
				}
			}
			for _, b := range d.Body.Blocked {
				if b.Address == c.Address {
					got = string(b.Cause)
				}
			}
			if slices.ContainsFunc(problems, func(p Problem) bool { return p.Address == c.Address }) {
				got = "problem"
			}
			want := s.want(c)
			if want == "waits" && (got == "settling" || got == "drift") {
				want = got
			}
			if got != want {
				r.Fatalf("Build(%+v): %s is %s, the oracle says %s", s, c.Address, got, want)
			}
		}
		if c := d.Counts; c.Declared != c.Charges+c.Deletions || c.Charges != len(s.charges) ||
			c.Declared != len(problems)+len(d.Body.Actions)+len(d.Body.Blocked)+c.Unchanged {
			r.Fatalf("Build(%+v): counts %+v", s, c)
		}
	})
}

// R6 of what a charge's order proves: a payment that was approved, and nothing
// else; for one that was accepted, its own decline as well.
func TestJudgeCharge(t *testing.T) {
	for status := dibs.Status(0); status <= 30; status++ {
		paid := slices.Contains([]dibs.Status{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15}, status)
		for state := statefile.ActionOpen; state <= statefile.ActionReversed; state++ {
			a := statefile.Action{State: state, Payment: "9-A"}
			open := state.Undecided() || state == statefile.ActionAccepted
			want := Undecidable
			if open && paid {
				want = Settled
			}
			if state == statefile.ActionAccepted && (status == 1 || status == 17) {
				want = Reversed
			}
			if got := JudgeCharge(memory{}, a, "9-A", status); got != want {
				t.Errorf("JudgeCharge(%s, %s) = %s, want %s", state, status, got, want)
			}
			if got := JudgeCharge(memory{}, a, "", status); got != Undecidable {
				t.Errorf("JudgeCharge(%s, no payment) = %s", state, got)
			}
			a.Payment = "9-B"
			if got := JudgeCharge(memory{}, a, "9-A", status); got != Undecidable {
				t.Errorf("JudgeCharge(%s, another payment in %s) = %s", state, status, got)
			}
		}
		a := statefile.Action{State: statefile.ActionUnknown}
		for _, done := range []bool{true, false} {
			contradicted := paid && !done || (status == 1 || status == 17) && done
			if err := CheckChargeOutcome(memory{}, a, "9-A", status, done); (err != nil) != contradicted {
				t.Errorf("CheckChargeOutcome(%s, done %t) = %v", status, done, err)
			}
		}
	}
	if err := CheckChargeOutcome(memory{}, statefile.Action{}, "", 0, true); err != nil {
		t.Errorf("CheckChargeOutcome without a payment = %v, want it left to the person", err)
	}
}

// ticketPlan is a plan of two charges and a deletion.
func ticketPlan(t testing.TB) *Plan {
	t.Helper()
	captured := chargeOf(t, "A/1", 9900)
	captured.Capture = true
	in := cardTale{charges: []schema.Charge{captured, chargeOf(t, "B", 4900)}, status: 13}.input(t)
	gone := cardTale{deleted: true, status: 13}.input(t)
	gone.Config.Tickets[0].Ticket, gone.Config.Tickets[0].Address = "270000544", "ticket.old"
	in.Config.Tickets = append(in.Config.Tickets, gone.Config.Tickets...)
	in.Tickets = append(in.Tickets, gone.Tickets...)
	d, problems := Build(in)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	at := time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	p, err := Seal(d, Envelope{CreatedAt: at, ExpiresAt: at.Add(time.Hour), Version: "0.1.0", Folder: "."})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// R36: as the golden plan, for what only tickets have.
func TestTicketGolden(t *testing.T) {
	path := filepath.Join("testdata", "plan-tickets-1.0.json")
	file := encode(t, ticketPlan(t))
	if *update {
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(file)); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", path, diff)
	}
	p, err := Decode(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ticketPlan(t), p); diff != "" {
		t.Errorf("Decode mismatch (-want +got):\n%s", diff)
	}
}

// R31: no Build makes such actions, whatever the hashes of a file say.
func TestCraftedTickets(t *testing.T) {
	good := ticketPlan(t).Body
	for name, tt := range map[string]struct {
		change func(*Body)
		why    string
	}{
		"a charge without an order":  {func(b *Body) { b.Actions[0].OrderID = "" }, "name is missing"},
		"a charge of a part":         {func(b *Body) { b.Actions[0].ToMinor-- }, "charge of a part"},
		"a charge of nothing":        {func(b *Body) { b.Actions[0].ToMinor, b.Actions[0].AmountMinor = 0, 0 }, "charge of a part, or of nothing"},
		"a charge on top":            {func(b *Body) { b.Actions[0].FromMinor = 1 }, "charge of a part"},
		"a counted charge":           {func(b *Body) { b.Actions[0].Class = Counted }, "charge that is counted"},
		"a charge below the first":   {func(b *Body) { b.Actions[0].Attempt = 0 }, "count from 1"},
		"an order charged twice":     {func(b *Body) { b.Actions[1].OrderID = b.Actions[0].OrderID }, "is charged twice"},
		"a deletion of an order":     {func(b *Body) { b.Actions[2].OrderID = "A" }, "delete of an order"},
		"a deletion with an amount":  {func(b *Body) { b.Actions[2].ToMinor = 1 }, "delete with an amount"},
		"a deletion with a currency": {func(b *Body) { b.Actions[2].Currency = "DKK" }, "delete with an amount"},
		"a deletion that captures":   {func(b *Body) { b.Actions[2].Capture = true }, "delete that captures"},
		"a charge and a deletion":    {func(b *Body) { b.Actions[2].Transact = ticket }, "something else is done to it"},
		"a deletion and a charge": {func(b *Body) {
			b.Actions[2].Transact = ticket
			slices.Reverse(b.Actions)
		}, "something else is done to it"},
		"a refund that captures": {func(b *Body) {
			a := &b.Actions[0]
			a.Verb, a.Class = statefile.Refund, Counted
		}, "captures a payment"},
	} {
		b := good.clone()
		tt.change(&b)
		if err := b.check(); err == nil || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: check = %v, want %q", name, err, tt.why)
		}
	}
}

// A scripted gateway counts what is asked.
type ticketReader struct {
	Reader
	asked []string
}

func (r *ticketReader) TransStatus(_ context.Context, id dibs.TransactID) (dibs.Status, error) {
	r.asked = append(r.asked, "status "+string(id))
	if id == "9-B" {
		return dibs.StatusCaptured, nil
	}
	return dibs.StatusTicket, nil
}

func (r *ticketReader) TransInfo(_ context.Context, q dibs.TransInfoRequest) (dibs.TransInfo, error) {
	r.asked = append(r.asked, "order "+q.OrderID)
	switch q.OrderID {
	case "B":
		return dibs.TransInfo{Transacts: []dibs.TransactID{"9-B"}}, nil
	case "C":
		return dibs.TransInfo{Transacts: []dibs.TransactID{"1", "2"}}, nil
	}
	return dibs.TransInfo{}, &dibs.NotFoundError{}
}

// Only what is open costs calls.
func TestObserveTickets(t *testing.T) {
	charges := []schema.Charge{chargeOf(t, "A", 9900), chargeOf(t, "B", 9900), chargeOf(t, "C", 9900)}
	for name, tt := range map[string]struct {
		tale  cardTale
		all   bool
		asked []string
	}{
		"all open":           {cardTale{charges: charges}, false, []string{"status 270000543", "order A", "order B", "status 9-B", "order C", "status 1", "status 2"}},
		"one done":           {cardTale{charges: charges[:2], ledger: []try{{"B", 9900, done}}}, false, []string{"status 270000543", "order A"}},
		"all done":           {cardTale{charges: charges[:1], ledger: []try{{"A", 9900, done}}}, false, nil},
		"all done, and all":  {cardTale{charges: charges[:1], ledger: []try{{"A", 9900, done}}}, true, []string{"status 270000543", "order A"}},
		"a deletion":         {cardTale{deleted: true}, false, []string{"status 270000543"}},
		"deleted":            {cardTale{deleted: true, ledger: []try{{"", 0, done}}}, false, nil},
		"nothing is desired": {cardTale{}, true, nil},
	} {
		in := tt.tale.input(t)
		r := &ticketReader{}
		seen, err := ObserveTickets(t.Context(), ObserveInput{Config: in.Config, State: in.State, Gateways: map[string]Gateway{merchant: {Reader: r}}, RefreshAll: tt.all})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.asked, r.asked); diff != "" {
			t.Errorf("%s: asked (-want +got):\n%s", name, diff)
		}
		if looked := len(tt.asked) > 0; seen[0].Looked != looked {
			t.Errorf("%s: seen %+v, want looked %t", name, seen[0], looked)
		}
	}
	in := cardTale{charges: charges}.input(t)
	seen, err := ObserveTickets(t.Context(), ObserveInput{Config: in.Config, State: in.State, Gateways: map[string]Gateway{merchant: {Reader: &ticketReader{}}}})
	if err != nil || seen[0].Charges[0].Payment != "" || seen[0].Charges[1].Status != dibs.StatusCaptured || seen[0].Charges[2].Err == nil {
		t.Errorf("seen %+v, %v", seen, err)
	}
	if _, err := ObserveTickets(t.Context(), ObserveInput{Config: in.Config, State: in.State}); err == nil {
		t.Error("no error without a gateway")
	}
}

// An order that another ticket was charged for, or may have been, is not
// charged to this one, whatever the amount and whatever the gateway shows.
func TestOrderOfAnotherTicket(t *testing.T) {
	const other = "270000544"
	resolve := ` flexform resolve '12345678/270000544/charge/A/0-4900/DKK#1' --outcome "done|not-done" --evidence "…"`
	for name, tt := range map[string]struct {
		state   statefile.ActionState // of the other ticket's charge of 49.00
		adopted bool                  // instead of it
		deleted bool
		want    string
	}{
		"is open":                       {statefile.ActionOpen, false, false, "blocked: unknown" + resolve},
		"is unknown":                    {unknown, false, false, "blocked: unknown" + resolve},
		"was accepted":                  {accepted, false, false, "blocked: mismatch"},
		"was done":                      {done, false, false, "blocked: mismatch"},
		"was adopted":                   {0, true, false, "blocked: mismatch"},
		"was declined":                  {declined, false, false, "charge 0->9900 #1 self-limiting"},
		"was not sent":                  {notSent, false, false, "charge 0->9900 #1 self-limiting"},
		"came to nothing":               {reversed, false, false, "charge 0->9900 #1 self-limiting"},
		"did not happen":                {notDone, false, false, "charge 0->9900 #1 self-limiting"},
		"was done, and this is deleted": {done, false, true, "blocked: mismatch\nblocked: status"},
	} {
		in := cardTale{charges: []schema.Charge{chargeOf(t, "A", 9900)}, deleted: tt.deleted, status: 13}.input(t)
		tale := cardTale{ledger: []try{{"A", 4900, tt.state}}}
		if tt.adopted {
			tale = cardTale{adopted: []statefile.Payment{{OrderID: "A", Amount: dkk(t, 4900), Transact: "9-A"}}}
		}
		record := tale.record(t)
		record.Transact = other
		for i := range record.Actions {
			record.Actions[i].Transact = other
			record.Actions[i].ID = strings.Replace(record.Actions[i].ID, ticket, other, 1)
		}
		in.State = memory{record.Key: record}
		d, problems := Build(in)
		if got := told(d, problems); got != tt.want {
			t.Errorf("the other charge %s: Build = %s, want %s", name, got, tt.want)
		}
		for _, b := range d.Body.Blocked {
			if b.Cause != CauseStatus && (!strings.Contains(b.Detail, "49.00 DKK to ticket "+other) || !strings.Contains(b.Detail, "order id of its own")) {
				t.Errorf("the other charge %s: %s", name, b.Detail)
			}
		}
	}
}

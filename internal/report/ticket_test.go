package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// An order id may hold every sign that parts an action's id.
func TestTicketActionText(t *testing.T) {
	for id, want := range map[string]string{
		"12345678/270000543/charge/G-1/0-9900/DKK#1":          "charge 99.00 DKK for order G-1 to ticket 270000543",
		"12345678/270000543/charge/G-1/0-9900/DKK#2":          "charge 99.00 DKK for order G-1 to ticket 270000543, attempt 2",
		"12345678/270000543/charge/a/0-1/SEK#7/0-900/JPY#1":   "charge 900 JPY for order a/0-1/SEK#7 to ticket 270000543",
		"12345678/270000543/delete#1":                         "delete ticket 270000543",
		"12345678/270000543/delete#3":                         "delete ticket 270000543, attempt 3",
		"12345678/270000543/delete/G-1/0-9900/DKK#1":          "12345678/270000543/delete/G-1/0-9900/DKK#1",
		"12345678/270000543/charge#1":                         "12345678/270000543/charge#1",
		"12345678/270000543/charge/0-9900/DKK#1":              "12345678/270000543/charge/0-9900/DKK#1",
		"12345678/270000543/charge/G-1/0-9900/XXX#1":          "12345678/270000543/charge/G-1/0-9900/XXX#1",
		"12345678/270000543/charge/G-1/x/0-many/DKK#1":        "12345678/270000543/charge/G-1/x/0-many/DKK#1",
		"12345678/270000543/charge/\x1b[31mG/0-9900/DKK#1":    "charge 99.00 DKK for order ",
		"12345678/11111111/refund/5000-8000/DKK#2":            "refund 50.00 -> 80.00 DKK of 11111111, attempt 2",
		"12345678/11111111/refund/charge/5000-8000/DKK#2":     "12345678/11111111/refund/charge/5000-8000/DKK#2",
		"12345678/270000543/charge/G-1/0-9900/DKK":            "12345678/270000543/charge/G-1/0-9900/DKK",
		"12345678/270000543/charge/G 1\u202e/0-9900/DKK#1":    "charge 99.00 DKK for order ",
		"12345678/270000543/charge/charge/1/0-2/0-9900/DKK#1": "charge 99.00 DKK for order charge/1/0-2 to ticket 270000543",
	} {
		if got := ActionText(id); !strings.HasPrefix(got, want) || strings.ContainsAny(got, "\x1b\u202e") {
			t.Errorf("ActionText(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestTicketIDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.StringMatching(`[a-zA-Z0-9/#\- ]{1,12}|charge/[0-9]-[0-9]/DKK#[0-9]`).Draw(t, "order")
		minor := rapid.Int64Range(1, money.MaxMinor).Draw(t, "minor")
		attempt := rapid.IntRange(1, 30).Draw(t, "attempt")
		dkk, _ := money.ParseCurrency("DKK")
		from, _ := money.New(0, dkk)
		to, _ := money.New(minor, dkk)
		step := statefile.Step{Key: statefile.Key{Merchant: "12345678", Transact: "270000543"}, Verb: statefile.Charge, OrderID: order, From: from, To: to}
		id := statefile.ActionID(step, attempt)
		got, ok := ticketID(id)
		if !ok || got.order != order || got.minor != minor || got.ticket != "270000543" || verbOf(id) != statefile.Charge {
			t.Fatalf("ticketID(%q) = %+v, %t", id, got, ok)
		}
	})
}

// What only is authorised is no money that comes in; a deletion moves none.
func TestNetEffectOfCharges(t *testing.T) {
	action := func(verb statefile.Verb, currency string, minor int64, capture bool) plan.Action {
		return plan.Action{Verb: verb, Currency: currency, ToMinor: minor, Capture: capture}
	}
	for name, tt := range map[string]struct {
		actions []plan.Action
		want    []string
	}{
		"captured":     {[]plan.Action{action(statefile.Charge, "DKK", 9900, true)}, []string{"+99.00 DKK"}},
		"authorised":   {[]plan.Action{action(statefile.Charge, "DKK", 9900, false)}, []string{"charges reserve 99.00 DKK"}},
		"both":         {[]plan.Action{action(statefile.Charge, "DKK", 9900, true), action(statefile.Charge, "DKK", 100, false)}, []string{"+99.00 DKK; charges reserve 1.00 DKK"}},
		"with refunds": {[]plan.Action{action(statefile.Charge, "DKK", 9900, true), action(statefile.Refund, "DKK", 10000, false)}, []string{"-1.00 DKK"}},
		"a deletion":   {[]plan.Action{action(statefile.Delete, "", 0, false)}, nil},
	} {
		if diff := cmp.Diff(tt.want, netEffect(inOrder(tally(tt.actions)), tt.actions)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

type ticketRecords map[statefile.Key]statefile.Transaction

func (r ticketRecords) Transaction(k statefile.Key) (statefile.Transaction, bool) {
	t, ok := r[k]
	return t, ok
}
func (r ticketRecords) Undecided() []statefile.Action { return nil }

// status shows each charge with its payment, as far as it is known, from the
// newest that tells.
func TestTicketStatus(t *testing.T) {
	dkk, _ := money.ParseCurrency("DKK")
	amount, _ := money.New(9900, dkk)
	charge := func(order string) schema.Charge {
		return schema.Charge{Address: "ticket.gold.charge[\"" + order + "\"]", OrderID: order, Amount: amount}
	}
	authorised := 2
	key := func(transact string) statefile.Key { return statefile.Key{Merchant: "1", Transact: transact} }
	done := func(order, payment string) statefile.Action {
		return statefile.Action{Step: statefile.Step{Key: key("13"), Verb: statefile.Charge, OrderID: order}, Payment: payment, PaymentStatus: &authorised}
	}
	in := StatusInput{
		Config: &schema.Config{Tickets: []schema.Ticket{
			{Address: "ticket.gold", Merchant: "1", Ticket: "13", Charges: []schema.Charge{charge("A"), charge("B"), charge("C"), charge("D"), charge("E")}, Deleted: true},
		}},
		State: ticketRecords{
			key("13"):  {Key: key("13"), Actions: []statefile.Action{done("A", "91"), done("B", "92"), done("D", "94")}, Payments: []statefile.Payment{{OrderID: "C", Amount: amount, Transact: "93"}}},
			key("92"):  {Key: key("92"), Status: 5, StatusKnown: true},
			key("999"): {Key: key("999")},
		},
		Tickets: []plan.TicketObservation{{Looked: true, Status: 13, Charges: []plan.ChargeObservation{{}, {}, {}, {Looked: true, Payment: "94", Status: dibs.StatusRefunded}, {Looked: true}}}},
		Draft: plan.Draft{Body: plan.Body{
			Mode: schema.ModeSandbox, Actions: []plan.Action{{Address: `ticket.gold.charge["E"]`}},
			Blocked: []plan.Blocked{{Address: "ticket.gold", Cause: plan.CauseStatus, Detail: "Its charges come first."}},
		}},
	}
	status := NewStatus(in)
	var got []string
	for _, r := range status.Tickets {
		got = append(got, strings.Join([]string{r.Address, string(r.Standing), r.paymentText(), r.desired()}, "; "))
	}
	if diff := cmp.Diff([]string{
		"ticket.gold; status; -; deleted",
		`ticket.gold.charge["E"]; to change; -; charged`,
		`ticket.gold.charge["D"]; in place; 94, refunded (11); charged`,
		`ticket.gold.charge["A"]; settled; 91, authorised (2); charged`,
		`ticket.gold.charge["B"]; settled; 92, captured (5); charged`,
		`ticket.gold.charge["C"]; settled; 93; charged`,
	}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	var text, doc bytes.Buffer
	if err := StatusText(&text, status, Style{}); err != nil {
		t.Fatal(err)
	}
	if err := StatusJSON(&doc, status); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"5 charges, 1 deletion declared in SANDBOX", "1 forbidden, 1 to change, 1 in place, 3 settled", "Its charges come first.", "92, captured (5)"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("StatusText has no %q:\n%s", want, text.String())
		}
	}
	if !strings.Contains(doc.String(), `"payment_status": 5`) || !strings.Contains(doc.String(), `"deleted": true`) {
		t.Errorf("StatusJSON: %s", doc.String())
	}
}

func TestBlockedNoun(t *testing.T) {
	for name, tt := range map[string]struct {
		addresses []string
		want      string
	}{
		"transactions":           {[]string{"transaction.a", `transaction.b["1"]`}, "Blocked: 2 transactions get no action in this plan"},
		"a charge":               {[]string{`ticket.gold.charge["1"]`}, "Blocked: 1 charge gets no action in this plan"},
		"tickets to be deleted":  {[]string{"ticket.a", `ticket.b["1"]`}, "Blocked: 2 tickets get no action in this plan"},
		"a charge and a payment": {[]string{`ticket.b["1"].charge["1"]`, "transaction.a"}, "Blocked: 2 items get no action in this plan"},
	} {
		t.Run(name, func(t *testing.T) {
			var blocked []plan.Blocked
			for _, address := range tt.addresses {
				blocked = append(blocked, plan.Blocked{Address: address})
			}
			if got := blockedTitle(blocked); got != tt.want {
				t.Errorf("blockedTitle(%q) = %q, want %q", tt.addresses, got, tt.want)
			}
		})
	}
}

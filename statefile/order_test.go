package statefile

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two tickets and one order: what the first one may have been charged for, the
// second one is not, whatever the amount.
func TestOrderOfAnotherTicket(t *testing.T) {
	const one, two = "270000543", "270000544"
	first := charge(one, "G-1", 1)
	stated := func(ticket string) Adopted {
		return Adopted{Merchant: "12345678", Transact: ticket, OrderID: "G-1", Currency: "DKK", AmountMinor: 9900, Payment: "270000601", Status: 13, Evidence: "seen", Actor: anna}
	}
	other := charge(two, "G-1", 1, func(v *Intent) { v.ToMinor, v.AmountMinor = 5000, 5000 })
	for name, tt := range map[string]struct {
		before []Payload
		why    string // empty: another ticket may be charged
	}{
		"was intended":         {[]Payload{first}, "blocks its order"},
		"is unknown":           {[]Payload{first, outcome(first, Unknown)}, "blocks its order"},
		"was accepted":         {[]Payload{first, outcome(first, Accepted)}, "was charged to ticket 12345678/" + one + " already"},
		"was proven":           {[]Payload{first, outcome(first, Unknown), observed(first, 13, VerdictDone)}, "was charged to ticket"},
		"was settled":          {[]Payload{first, outcome(first, Accepted), observed(first, 13, VerdictSettled)}, "was charged to ticket"},
		"was resolved as done": {[]Payload{first, outcome(first, Unknown), Resolved{Action: first.Action, Done: true, Evidence: "seen"}}, "was charged to ticket"},
		"was adopted":          {[]Payload{stated(one)}, "was charged to ticket"},
		"was declined":         {[]Payload{first, outcome(first, Declined)}, ""},
		"was not sent":         {[]Payload{first, outcome(first, NotSent)}, ""},
		"came to nothing":      {[]Payload{first, outcome(first, Accepted), observed(first, 13, VerdictReversed)}, ""},
		"did not happen":       {[]Payload{first, outcome(first, Unknown), Resolved{Action: first.Action, Evidence: "seen"}}, ""},
		"is another order":     {[]Payload{charge(one, "G-2", 1)}, ""},
		"is another merchant's": {[]Payload{charge(one, "G-1", 1, func(v *Intent) {
			v.Merchant = "87654321"
			v.Action = strings.Replace(v.Action, "12345678", v.Merchant, 1)
		})}, ""},
	} {
		before := append([]Payload{begin(planA, 9)}, tt.before...)
		if _, err := Fold(before...); err != nil {
			t.Errorf("%s: before it: %v", name, err)
			continue
		}
		for what, p := range map[string]Payload{"charge": other, "adoption": stated(two)} {
			_, err := Fold(append(before[:len(before):len(before)], p)...)
			_, impossible := errors.AsType[*ImpossibleError](err)
			if (tt.why != "") != impossible || impossible && !strings.Contains(err.Error(), tt.why) || tt.why == "" && err != nil {
				t.Errorf("the first charge %s: %s of the second: %v, want %q", name, what, err, tt.why)
			}
		}
	}
}

// What is refused leaves no trace, and what is written is shown by order.
func TestTicketsOfAnOrder(t *testing.T) {
	const one, two = "270000543", "270000544"
	first, again := charge(one, "G-1", 1), charge(one, "G-1", 2)
	s, err := Fold(begin(planA, 9), first, outcome(first, Declined), charge(two, "G-1", 1), outcome(charge(two, "G-1", 1), Declined), again)
	if err != nil {
		t.Fatal(err)
	}
	var tickets []string
	for _, ticket := range s.Tickets("12345678", "G-1") {
		tickets = append(tickets, ticket.Transact)
	}
	if diff := cmp.Diff([]string{one, two}, tickets); diff != "" {
		t.Errorf("Tickets (-want +got):\n%s", diff)
	}
	if got := s.Tickets("87654321", "G-1"); got != nil {
		t.Errorf("Tickets of another merchant = %v", got)
	}
	f := &State{}
	if got := f.Tickets("12345678", "G-1"); got != nil {
		t.Errorf("Tickets of the zero State = %v", got)
	}
}

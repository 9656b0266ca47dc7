package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/statefile"
)

func TestCompare(t *testing.T) {
	refund := func(transact string, to int64) Action {
		return Action{Merchant: "1", Transact: transact, OrderID: "o" + transact, Verb: statefile.Refund, Currency: "DKK", ToMinor: to, Attempt: 1, Reason: "because"}
	}
	charge := func(order string, to int64) Action {
		return Action{Merchant: "1", Transact: "9", OrderID: order, Verb: statefile.Charge, Currency: "DKK", ToMinor: to}
	}
	other := refund("1", 500)
	other.Reason = "another reason"
	elsewhere := refund("1", 500)
	elsewhere.Merchant = "2"
	capture := refund("1", 500)
	capture.Verb = statefile.Capture
	for name, tt := range map[string]struct {
		earlier, later []Action
		want           Difference
	}{
		"the same":                     {[]Action{refund("1", 500), charge("a", 5)}, []Action{charge("a", 5), refund("1", 500)}, Difference{Same: 2}},
		"another amount":               {[]Action{refund("1", 500)}, []Action{refund("1", 600)}, Difference{Changed: []Change{{refund("1", 500), refund("1", 600)}}}},
		"another reason":               {[]Action{refund("1", 500)}, []Action{other}, Difference{Changed: []Change{{refund("1", 500), other}}}},
		"one more, one less":           {[]Action{refund("1", 500)}, []Action{refund("2", 500)}, Difference{Added: []Action{refund("2", 500)}, Dropped: []Action{refund("1", 500)}}},
		"of another merchant":          {[]Action{refund("1", 500)}, []Action{elsewhere}, Difference{Added: []Action{elsewhere}, Dropped: []Action{refund("1", 500)}}},
		"a capture is no refund":       {[]Action{refund("1", 500)}, []Action{refund("1", 500), capture}, Difference{Same: 1, Added: []Action{capture}}},
		"charges are told by orders":   {[]Action{charge("a", 5), charge("b", 5)}, []Action{charge("a", 5), charge("c", 5)}, Difference{Same: 1, Added: []Action{charge("c", 5)}, Dropped: []Action{charge("b", 5)}}},
		"nothing before, nothing more": {nil, nil, Difference{}},
	} {
		got := Compare(&Plan{Body: Body{Actions: tt.earlier}}, &Plan{Body: Body{Actions: tt.later}})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What is the same, changed, added and dropped adds up to both plans.
func TestCompareAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func() *Plan {
		p := &Plan{}
		for range r.IntN(12) {
			p.Body.Actions = append(p.Body.Actions, Action{Merchant: "1", Transact: fmt.Sprint(r.IntN(5)), Verb: statefile.Refund, ToMinor: int64(r.IntN(3))})
		}
		return p
	}
	for range 5000 {
		earlier, later := random(), random()
		d := Compare(earlier, later)
		if len(earlier.Body.Actions) != d.Same+len(d.Changed)+len(d.Dropped) || len(later.Body.Actions) != d.Same+len(d.Changed)+len(d.Added) {
			t.Fatalf("%+v of\n%+v and\n%+v", d, earlier.Body.Actions, later.Body.Actions)
		}
		back := Compare(later, earlier)
		if back.Same+len(back.Changed) != d.Same+len(d.Changed) || len(back.Added) != len(d.Dropped) || len(back.Dropped) != len(d.Added) {
			t.Fatalf("there %+v and back %+v", d, back)
		}
	}
}

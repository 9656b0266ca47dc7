package policy

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

var limitHistories = flag.Int("limits.n", 2000, "how many histories TestLimitsHold plays")

// limit allows actions of a kind in kroner.
func limit(action string, change func(*schema.Limit)) schema.Limit {
	l := schema.Limit{Action: action, Source: schema.Range{File: "settings.hcl", Start: schema.Pos{Line: 7}}}
	if action != "delete" {
		l.Currency, _ = money.ParseCurrency("DKK")
	}
	change(&l)
	return l
}

// The plan of newWorld captures 150.00, refunds 30.00 and 150.00 and cancels
// 200.00 DKK; 50.00 DKK were refunded an hour before.
func TestLimits(t *testing.T) {
	wide := func(action string) schema.Limit {
		return limit(action, func(l *schema.Limit) { l.CountPerDay = 1000 })
	}
	all := []schema.Limit{wide("capture"), wide("refund"), wide("cancel")}
	refunds := func(change func(*schema.Limit)) []schema.Limit {
		return []schema.Limit{wide("capture"), limit("refund", change), wide("cancel")}
	}
	for name, tt := range map[string]struct {
		mode   schema.Mode
		limits []schema.Limit // nil: no block
		want   []string       // a part of each breach
	}{
		"no limits in test":        {schema.ModeTest, nil, nil},
		"no limits in the sandbox": {schema.ModeSandbox, nil, nil},
		"no limits live":           {schema.ModeLive, nil, []string{"has no limits"}},
		"wide ones live":           {schema.ModeLive, all, nil},
		"no word of cancels":       {schema.ModeTest, all[:2], []string{"name no cancel in DKK"}},
		"another currency": {schema.ModeTest, []schema.Limit{wide("capture"), limit("refund", func(l *schema.Limit) {
			l.Currency, _ = money.ParseCurrency("SEK")
			l.CountPerDay = 9
		}), wide("cancel")}, []string{"name no refund in DKK"}},
		"just each one":      {schema.ModeTest, refunds(func(l *schema.Limit) { l.PerAction = dkk(t, 15000) }), nil},
		"one is too large":   {schema.ModeTest, refunds(func(l *schema.Limit) { l.PerAction = dkk(t, 14999) }), []string{"transaction.all: This refund of 150.00 DKK is more than the 149.99 DKK"}},
		"just the plan":      {schema.ModeTest, refunds(func(l *schema.Limit) { l.PerPlan = dkk(t, 18000) }), nil},
		"the plan":           {schema.ModeTest, refunds(func(l *schema.Limit) { l.PerPlan = dkk(t, 17999) }), []string{"The plan has 180.00 DKK to refund, and one plan may have 179.99 DKK (settings.hcl:7)"}},
		"just the day":       {schema.ModeTest, refunds(func(l *schema.Limit) { l.PerDay = dkk(t, 23000) }), nil},
		"the day":            {schema.ModeTest, refunds(func(l *schema.Limit) { l.PerDay = dkk(t, 22999) }), []string{"With the 50.00 DKK of the last 24 hours the plan comes to 230.00 DKK"}},
		"just the number":    {schema.ModeTest, refunds(func(l *schema.Limit) { l.CountPerPlan, l.CountPerDay = 2, 3 }), nil},
		"too many in a plan": {schema.ModeTest, refunds(func(l *schema.Limit) { l.CountPerPlan = 1 }), []string{"The plan has 2 actions to refund in DKK, and one plan may have 1"}},
		"too many in a day":  {schema.ModeTest, refunds(func(l *schema.Limit) { l.CountPerDay = 2 }), []string{"With the 1 of the last 24 hours the plan comes to 3 actions"}},
		"everything at once": {schema.ModeTest, []schema.Limit{limit("refund", func(l *schema.Limit) {
			l.PerAction, l.PerPlan, l.PerDay, l.CountPerPlan, l.CountPerDay = dkk(t, 1), dkk(t, 1), dkk(t, 1), 1, 1
		})}, []string{"", "", "name no cancel", "name no capture", "", "", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config.Merchants[0].Mode = tt.mode
			w.plan = w.make(t)
			if tt.limits != nil {
				w.config.Limits = []schema.MerchantLimits{{Merchant: "12345678", Limits: tt.limits, Source: schema.Range{File: "settings.hcl", Start: schema.Pos{Line: 5}}}}
			}
			found := Limits(w.plan, w.facts)
			if len(found) != len(tt.want) {
				t.Fatalf("Limits = %v, want %d", found, len(tt.want))
			}
			for i, b := range found {
				if !strings.Contains(b.String(), tt.want[i]) {
					t.Errorf("breach %d is %q, want %q in it", i, b, tt.want[i])
				}
			}
			_, err := Check(w.plan, w.facts)
			if got := reason(err); (got == OverLimit) != (len(tt.want) > 0) || got != OverLimit && got != "" {
				t.Errorf("Check = %v with %d breaches", err, len(tt.want))
			}
		})
	}
}

// A spending is what the oracle remembers of one action.
type spending struct {
	at    time.Time
	verb  statefile.Verb
	minor int64
	state statefile.ActionState
}

// A purse is a ledger that remembers spendings and nothing else.
type purse struct {
	Ledger
	all []spending
}

func (p *purse) SpentSince(from time.Time) map[statefile.Purse]statefile.Spent {
	spent := map[statefile.Purse]statefile.Spent{}
	for _, s := range p.all {
		if s.state.Failed() || s.at.Before(from) && !s.state.Undecided() {
			continue
		}
		k := statefile.Purse{Merchant: "12345678", Verb: s.verb, Currency: "DKK"}
		sum := spent[k]
		sum.Count++
		sum.Minor += s.minor
		spent[k] = sum
	}
	return spent
}

// PROP, R86: random plans, one after the other, each carried out when the
// limits allow it. However a batch is split, no action, no plan and no 24
// hours ever hold more than the limits say; and no plan is refused that would
// have kept them. The oracle adds up every day anew.
func TestLimitsHold(t *testing.T) {
	refused, allowed := 0, 0
	for seed := range uint64(*limitHistories) {
		r := rand.New(rand.NewPCG(seed, 7))
		h := newLimitHistory(r)
		for range 1 + r.IntN(12) {
			h.pass(r)
			p := h.plan(r)
			breaches := Limits(p, Facts{Now: h.now, Config: h.config, State: &h.purse})
			wrong := h.beyond(p)
			if (len(breaches) > 0) != (wrong != "") {
				t.Fatalf("seed %d: Limits = %v, and the oracle says %q", seed, breaches, wrong)
			}
			if len(breaches) > 0 {
				refused++
				continue
			}
			allowed++
			h.carryOut(p, r)
		}
	}
	t.Logf("%d histories: %d plans allowed, %d refused", *limitHistories, allowed, refused)
	if refused < *limitHistories/10 || allowed < *limitHistories/10 {
		t.Errorf("%d plans allowed and %d refused prove little", allowed, refused)
	}
}

type limitHistory struct {
	purse
	now    time.Time
	config *schema.Config
}

func newLimitHistory(r *rand.Rand) *limitHistory {
	h := &limitHistory{now: noon, config: &schema.Config{Merchants: []schema.Merchant{{Name: "shop", ID: "12345678", Mode: schema.ModeLive}}}}
	dkk, _ := money.ParseCurrency("DKK")
	m := schema.MerchantLimits{Merchant: "12345678"}
	for _, action := range []string{"refund", "capture"} {
		if r.IntN(8) == 0 {
			continue
		}
		l := schema.Limit{Action: action, Currency: dkk}
		for _, bound := range []*money.Amount{&l.PerAction, &l.PerPlan, &l.PerDay} {
			if r.IntN(2) == 0 {
				*bound, _ = money.NewTotal(1+r.Int64N(400), dkk)
			}
		}
		for _, bound := range []*int{&l.CountPerPlan, &l.CountPerDay} {
			if r.IntN(2) == 0 {
				*bound = 1 + r.IntN(9)
			}
		}
		m.Limits = append(m.Limits, l)
	}
	h.config.Limits = []schema.MerchantLimits{m}
	return h
}

// pass lets time go by, now and then backwards, and settles some of what was
// unknown.
func (h *limitHistory) pass(r *rand.Rand) {
	h.now = h.now.Add(time.Duration(r.Int64N(int64(20*time.Hour))) - time.Hour)
	for i := range h.all {
		if h.all[i].state.Undecided() && r.IntN(3) == 0 {
			h.all[i].state = []statefile.ActionState{statefile.ActionDone, statefile.ActionNotDone}[r.IntN(2)]
		}
	}
}

func (h *limitHistory) plan(r *rand.Rand) *plan.Plan {
	p := &plan.Plan{}
	for i := range 1 + r.IntN(4) {
		from := r.Int64N(100)
		p.Body.Actions = append(p.Body.Actions, plan.Action{
			Address: fmt.Sprint("transaction.x", i), Merchant: "12345678", Verb: []statefile.Verb{statefile.Refund, statefile.Capture}[r.IntN(2)],
			Currency: "DKK", FromMinor: from, ToMinor: from + 1 + r.Int64N(200),
		})
	}
	return p
}

func (h *limitHistory) carryOut(p *plan.Plan, r *rand.Rand) {
	for _, a := range p.Body.Actions {
		state := []statefile.ActionState{statefile.ActionAccepted, statefile.ActionDone, statefile.ActionDeclined, statefile.ActionNotSent, statefile.ActionUnknown, statefile.ActionOpen}[r.IntN(6)]
		h.all = append(h.all, spending{h.now, a.Verb, a.ToMinor - a.FromMinor, state})
	}
}

// beyond is the oracle: it says what the plan would break, in its own way.
func (h *limitHistory) beyond(p *plan.Plan) string {
	for _, a := range p.Body.Actions {
		i := slices.IndexFunc(h.config.Limits[0].Limits, func(l schema.Limit) bool { return l.Action == string(a.Verb) })
		if i < 0 {
			return "not named"
		}
		l := h.config.Limits[0].Limits[i]
		plan, day, plans, days := int64(0), int64(0), 0, 0
		for _, b := range p.Body.Actions {
			if b.Verb == a.Verb {
				plan, plans = plan+b.ToMinor-b.FromMinor, plans+1
			}
		}
		day, days = plan, plans
		for _, s := range h.all {
			recent := h.now.Sub(s.at) <= 24*time.Hour
			counts := s.state == statefile.ActionUnknown || s.state == statefile.ActionOpen || recent && (s.state == statefile.ActionDone || s.state == statefile.ActionAccepted)
			if s.verb == a.Verb && counts {
				day, days = day+s.minor, days+1
			}
		}
		over := func(limit money.Amount, minor int64) bool { return limit.Valid() && minor > limit.Minor() }
		switch {
		case over(l.PerAction, a.ToMinor-a.FromMinor), over(l.PerPlan, plan), over(l.PerDay, day):
			return "money"
		case l.CountPerPlan > 0 && plans > l.CountPerPlan, l.CountPerDay > 0 && days > l.CountPerDay:
			return "count"
		}
	}
	return ""
}

package report

import (
	"fmt"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// fullPlan has everything a plan can have, in live mode.
func fullPlan() (*plan.Plan, PlanOptions) {
	p := newPlan(schema.ModeLive, threeActions(), blockedSample()...)
	p.Envelope.Counts.NotRefreshed = 12
	p.Envelope.Commit = "5d41402abc4b2a76b9719d911017c592"
	p.Body.Notices = []plan.Notice{{Address: "transaction.order_1003", Text: "The authorisation is 8 days old; the acquirer may refuse the capture."}}
	return p, PlanOptions{
		Style:     Style{Width: 100},
		Merchants: []schema.Merchant{merchant, {Name: "other", ID: "87654321", Gateway: "sandbox"}},
		Policy:    Verdict{Allowed: true},
		Warnings:  []string{"plan 99aabbccddee of A. Jensen names 2 of these transactions; the one applied second skips them as moved"},
		Settings:  "changed since the last apply, of plan 99aabbccddee at 2026-11-20 10:00:00 UTC: 111111111111 then, 222222222222 now",
		Glass:     []string{"plan 99aabbccddee was applied past its approvals at 2026-11-20 10:00:00 UTC, by anna@example.com (SHA256:x): INC 812\x1b[2J"},
	}
}

// partsPlan has an authorisation that is approved again, one of several captures,
// and blocks to declare, one of them hostile.
func partsPlan() *plan.Plan {
	again := action(1, statefile.Reauthorise, 0, 20000, "shipped late")
	again.Class = plan.Moneyless
	part := action(2, statefile.Capture, 5000, 12000, "second parcel")
	part.Class, part.Status = plan.Counted, dibs.StatusMulticapOpen
	closed := dibs.StatusMulticapClosed
	return newPlan(schema.ModeTest, []plan.Action{again, action(1, statefile.Capture, 0, 20000, "shipped late"), part}, plan.Blocked{
		Address: "transaction.order_1003", Merchant: shopID, Transact: "11111113", OrderID: "11223346", Cause: plan.CauseStatus, Status: &closed,
		Detail:  "20.00 DKK is to be refunded, and the gateway refuses a refund of a split capture as a whole.",
		Declare: "transaction \"capture_22222222\" {\n  orderid  = \"```\x1b[2J</code>\"\n  amount   = \"50.00 DKK\"\n}",
	})
}

func TestPlanText(t *testing.T) {
	full, fullOptions := fullPlan()
	colour := fullOptions
	colour.Style.Color = true
	unchecked := newPlan(schema.ModeTest, recall(500))
	tests := map[string]struct {
		plan    *plan.Plan
		options PlanOptions
	}{
		"full.txt":       {full, fullOptions},
		"full-color.txt": {full, colour},
		"recall.txt":     {unchecked, PlanOptions{Merchants: []schema.Merchant{merchant}}},
		"recall-cut.txt": {unchecked, PlanOptions{Style: Style{Rows: 12}, Policy: Verdict{Text: "203850.00 DKK of refunds are more than max_sum, 100000.00 DKK"}}},
		"parts.txt":      {partsPlan(), PlanOptions{Merchants: []schema.Merchant{merchant}}},
		"empty.txt":      {newPlan(schema.ModeSandbox, nil), PlanOptions{}},
		"blocked.txt":    {newPlan(schema.ModeSandbox, nil, blockedSample()[1]), PlanOptions{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { golden(t, name, render(t, tt.plan, tt.options)) })
	}
}

func TestPlanMarkdown(t *testing.T) {
	full, options := fullPlan()
	for name, p := range map[string]*plan.Plan{"full.md": full, "recall.md": newPlan(schema.ModeTest, recall(60)), "empty.md": newPlan(schema.ModeSandbox, nil), "parts.md": partsPlan()} {
		t.Run(name, func(t *testing.T) { golden(t, name, markdownOf(t, p, options)) })
	}
}

func markdownOf(t *testing.T, p *plan.Plan, o PlanOptions) string {
	t.Helper()
	var b strings.Builder
	if err := PlanMarkdown(&b, p, o); err != nil {
		t.Fatalf("PlanMarkdown: %v", err)
	}
	return b.String()
}

// An empty plan must say "No changes", and must not claim to have checked what
// it did not look at.
func TestPlanTitle(t *testing.T) {
	counts := func(declared, notRefreshed int) *plan.Plan {
		p := newPlan(schema.ModeLive, nil)
		p.Envelope.Counts = plan.Counts{Declared: declared, Unchanged: declared, NotRefreshed: notRefreshed}
		return p
	}
	tests := map[string]struct {
		plan *plan.Plan
		want string
	}{
		"nothing declared":  {counts(0, 0), "No changes. The configuration declares no transaction."},
		"one, looked at":    {counts(1, 0), "No changes. The declared transaction is as the configuration says."},
		"many, looked at":   {counts(9, 0), "No changes. All 9 declared transactions are as the configuration says."},
		"some not looked":   {counts(9, 4), "No changes. All 9 declared transactions are as the configuration says, 4 of them by the ledger alone."},
		"blocked only":      {newPlan(schema.ModeLive, nil, blockedSample()[:2]...), "No actions. 2 transactions are blocked, see below."},
		"one action, live":  {newPlan(schema.ModeLive, threeActions()[:1]), "Plan: 1 action in LIVE mode: real money"},
		"mode that is none": {newPlan("", threeActions()[:1]), "Plan: 1 action in UNKNOWN mode: take it for real money"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := planTitle(tt.plan, blockedOf(tt.plan)).String(); got != tt.want {
				t.Errorf("planTitle = %q, want %q", got, tt.want)
			}
		})
	}
}

// R88: every row of a plan with real money names the mode, in every layout.
func TestLiveIsNamedInEveryRow(t *testing.T) {
	for _, n := range []int{3, 200} {
		actions := recall(n)
		p := newPlan(schema.ModeLive, actions)
		for what, out := range map[string]string{"text": render(t, p, PlanOptions{}), "markdown": markdownOf(t, p, PlanOptions{})} {
			for _, a := range actions {
				i := strings.Index(out, a.Address)
				if i < 0 {
					t.Fatalf("%s of %d actions: no row for %s", what, n, a.Address)
				}
				line := out[strings.LastIndexByte(out[:i], '\n')+1 : i]
				if !strings.Contains(line, "LIVE") {
					t.Errorf("%s of %d actions: row %q does not name the mode", what, n, line+a.Address)
				}
			}
		}
	}
}

// Whatever a text plan leaves out is counted, and its totals stand.
func TestPlanTextCountsWhatItCuts(t *testing.T) {
	p := newPlan(schema.ModeTest, recall(500), blockedSample()...)
	for _, rows := range []int{0, 1, 7, 479, 480, 481, 490, 500, 501} {
		out := render(t, p, PlanOptions{Style: Style{Rows: rows}})
		rowCount := 0
		_, list, _ := strings.Cut(out, "\nActions (")
		for _, a := range p.Body.Actions {
			if strings.Contains(list, " "+a.Address) {
				rowCount++
			}
		}
		want := 500
		if rows > 0 {
			want = min(rows, 500)
		}
		if rowCount != want {
			t.Errorf("Rows %d: %d rows, want %d", rows, rowCount, want)
		}
		if note := fmt.Sprintf("\n  %s\n", notShown(500-want, "row")); (want < 500) != strings.Contains(out, note) {
			t.Errorf("Rows %d: note %q is there: %t", rows, note, want >= 500)
		}
		for _, s := range p.Body.Summary {
			if sum := amountText(s.Minor, s.Currency); strings.Count(out, sum) < 2 {
				t.Errorf("Rows %d: the total %s does not stand at both ends", rows, sum)
			}
		}
	}
}

func TestGroupActions(t *testing.T) {
	groups := groupActions(recall(500))
	var got []string
	total := 0
	for _, g := range groups {
		got = append(got, g.title()+": "+g.subtotal())
		total += len(g.actions)
	}
	want := []string{"recall 2026-11: 480 refunds, 203850.00 DKK", "shipped late: 10 captures, 1234.50 DKK", "Each for its own reason: 10 refunds, 4350.00 EUR"}
	if fmt.Sprint(got) != fmt.Sprint(want) || total != 500 {
		t.Errorf("groupActions = %q with %d actions, want %q with 500", got, total, want)
	}
}

func TestQuestion(t *testing.T) {
	p, _ := fullPlan()
	want := "Plan 3f2a91c04d17 in LIVE mode: real money: 1 to capture (200.00 DKK), 1 to refund (30.00 DKK), 1 to cancel (80.00 DKK)."
	if got := Question(p); got != want {
		t.Errorf("Question = %q, want %q", got, want)
	}
}

func TestShortDigest(t *testing.T) {
	for digest, want := range map[string]string{digestA: "3f2a91c04d17", "sha256:": "", "\x1b[31mabcde": `\x1b[31mabcd`} {
		if got := ShortDigest(digest); got != want {
			t.Errorf("ShortDigest(%q) = %q, want %q", digest, got, want)
		}
	}
}

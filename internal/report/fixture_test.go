package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

const (
	digestA = "sha256:3f2a91c04d17e8b5a6f0c1d2e3f405162738495a6b7c8d9e0f1a2b3c4d5e6f70"
	shopID  = "12345678"
)

var (
	noon     = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	merchant = schema.Merchant{Name: "shop", ID: shopID, Gateway: "https://payment.architrade.com", Mode: schema.ModeLive}
)

// newPlan wraps a body's parts in an envelope, with totals that fit.
func newPlan(mode schema.Mode, actions []plan.Action, blocked ...plan.Blocked) *plan.Plan {
	p := &plan.Plan{
		FormatVersion: plan.FormatVersion, Digest: digestA,
		Body: plan.Body{Mode: mode, Summary: oracle(actions), Actions: actions, Blocked: blocked},
		Envelope: plan.Envelope{
			CreatedAt: noon, ExpiresAt: noon.Add(72 * time.Hour), Version: "0.1.0",
			Counts: plan.Counts{Declared: len(actions) + len(blocked) + 97, Unchanged: 97},
		},
	}
	for _, a := range actions {
		s := a.Status
		p.Envelope.Positions = append(p.Envelope.Positions, plan.Position{
			Address: a.Address, Transact: a.Transact, Status: &s, Currency: a.Currency,
			Captured: plan.Figure{Minor: 20000, Source: plan.FromGateway}, Refunded: plan.Figure{Minor: a.FromMinor, Source: plan.FromLedger},
		})
	}
	for _, b := range blocked {
		switch b.Cause {
		case plan.CauseDrift:
			p.Envelope.Counts.Drifted++
		case plan.CauseSettling:
			p.Envelope.Counts.Settling++
		case plan.CauseUnknown:
			p.Envelope.Counts.Unknown++
		default:
			p.Envelope.Counts.Failed++
		}
	}
	return p
}

// oracle sums actions the slow way, apart from the code under test.
func oracle(actions []plan.Action) []plan.Sum {
	sums := map[string]*plan.Sum{}
	for _, a := range actions {
		key := a.Currency + " " + string(a.Verb)
		if sums[key] == nil {
			sums[key] = &plan.Sum{Currency: a.Currency, Verb: a.Verb}
		}
		sums[key].Count++
		sums[key].Minor += a.ToMinor - a.FromMinor
		sums[key].LargestMinor = max(sums[key].LargestMinor, a.ToMinor-a.FromMinor)
	}
	list := []plan.Sum{}
	for _, s := range sums {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b plan.Sum) int {
		return strings.Compare(a.Currency+string(a.Verb), b.Currency+string(b.Verb))
	})
	return list
}

func action(n int, verb statefile.Verb, from, to int64, reason string) plan.Action {
	status := dibs.StatusCaptured
	if verb != statefile.Refund {
		status = dibs.StatusAuthorised
	}
	return plan.Action{
		Address: fmt.Sprintf("transaction.order_%d", 1000+n), Merchant: shopID, Transact: fmt.Sprint(11111110 + n), OrderID: fmt.Sprint(11223343 + n),
		Verb: verb, Currency: "DKK", AmountMinor: 20000, FromMinor: from, ToMinor: to, Attempt: 1, Class: plan.SelfLimiting,
		Status: status, Reason: reason,
	}
}

// threeActions has one action of each verb.
func threeActions() []plan.Action {
	refund := action(1, statefile.Refund, 5000, 8000, "RMA 4411: one of four returned")
	refund.Class, refund.Attempt, refund.Earlier = plan.Counted, 2, "attempt 1 was declined: rejected by the acquirer (4)"
	cancel := action(2, statefile.Cancel, 0, 8000, "out of stock")
	cancel.AmountMinor = 8000
	return []plan.Action{action(3, statefile.Capture, 0, 20000, "shipped 2026-11-02"), refund, cancel}
}

// recall is n refunds for one reason, and some others between them.
func recall(n int) []plan.Action {
	actions := make([]plan.Action, n)
	for i := range actions {
		a := action(i, statefile.Refund, 0, int64(1+i%180)*500, "recall 2026-11")
		a.Address = fmt.Sprintf("transaction.recall[%q]", a.Transact)
		switch i % 50 {
		case 17:
			a = action(i, statefile.Capture, 0, 12345, "shipped late")
		case 23:
			a.Currency, a.Reason = "EUR", fmt.Sprintf("goodwill, ticket %d", i)
		case 31:
			a.Attempt, a.Earlier = 2, "attempt 1 was not sent: dial timeout"
		}
		actions[i] = a
	}
	return actions
}

func blockedSample() []plan.Blocked {
	captured, refunded, sent := dibs.StatusCaptured, dibs.StatusRefunded, dibs.StatusRefundSent
	return []plan.Blocked{
		{Address: "transaction.order_1007", Merchant: shopID, Transact: "11111117", OrderID: "11223350", Cause: plan.CauseDrift, Status: &refunded,
			Detail:  "The gateway says that everything was refunded, the ledger says that nothing was. Somebody refunded outside flexform. Record what happened, then plan again.",
			Command: `flexform adopt transaction.order_1007 --captured "200.00 DKK" --refunded "200.00 DKK" --evidence "..."`},
		{Address: "transaction.order_1008", Merchant: shopID, Transact: "11111118", OrderID: "11223351", Cause: plan.CauseSettling, Status: &sent,
			Detail: "A refund of 20.00 DKK was accepted and is not final yet. Plan again later."},
		{Address: "transaction.order_1009", Merchant: shopID, OrderID: "11223352", Cause: plan.CauseNotFound,
			Detail: "The gateway knows no order 11223352 of 200.00 DKK. Correct orderid or amount."},
		{Address: "transaction.order_1010", Merchant: shopID, Transact: "11111120", OrderID: "11223353", Cause: plan.CauseUnknown, Status: &captured,
			Detail:  "The answer to a refund of 50.00 DKK was lost, and the gateway's status does not tell whether it happened. Find out, then record it.",
			Command: "flexform resolve '12345678/11111120/refund/5000-10000/DKK#1' --outcome done --evidence \"...\""},
	}
}

func render(t *testing.T, p *plan.Plan, o PlanOptions) string {
	t.Helper()
	var b strings.Builder
	if err := PlanText(&b, p, o); err != nil {
		t.Fatalf("PlanText: %v", err)
	}
	return b.String()
}

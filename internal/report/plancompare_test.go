package report

import (
	"fmt"
	"strings"
	"testing"

	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// comparedPlans are a plan that was approved, and the one that was made since.
func comparedPlans() (earlier, later *plan.Plan) {
	actions := recall(40)
	earlier = newPlan(schema.ModeTest, append(actions[:30:30], actions[35:]...))
	earlier.Digest, earlier.Body.SettingsDigest = "sha256:"+strings.Repeat("e", 64), digestA
	changed := append([]plan.Action{}, actions[:35]...)
	changed[3].ToMinor += 1250
	changed[5].Reason, changed[5].Attempt = "", 2
	changed[6].OrderID = "\u202e`6`"
	blocked := blockedSample()[0]
	blocked.Address = actions[36].Address
	return earlier, newPlan(schema.ModeLive, changed, blocked)
}

func TestComparedPlan(t *testing.T) {
	earlier, later := comparedPlans()
	o := PlanOptions{Style: Style{Width: 100}, Compared: earlier}
	text := render(t, later, o)
	golden(t, "compared.txt", text)
	golden(t, "compared.md", markdownOf(t, later, o))
	golden(t, "compared.html", content(htmlOf(t, later, o)))

	o.Compared = later
	if text := render(t, later, o); !strings.Contains(text, "it has the same actions.") || strings.Contains(text, "New since") {
		t.Errorf("a plan differs from itself:\n%s", text)
	}
	few := newPlan(schema.ModeTest, []plan.Action{action(1, statefile.Refund, 0, 5000, "x")})
	o.Compared = newPlan(schema.ModeTest, []plan.Action{action(1, statefile.Refund, 0, 4000, "x")})
	if text := render(t, few, o); !strings.Contains(text, "was 40.00 DKK") {
		t.Errorf("a short plan does not say what changed:\n%s", text)
	}
}

// A comparison of any size is counted whole, and fits in a comment.
func TestComparedPlanOfAnySize(t *testing.T) {
	old, fresh := recall(10000), recall(10000)
	for i := range fresh {
		fresh[i].Transact = fmt.Sprint(33000000 + i)
		if i%2 == 0 {
			fresh[i].Transact, fresh[i].ToMinor = old[i].Transact, old[i].ToMinor+1
		}
	}
	o := PlanOptions{Compared: newPlan(schema.ModeLive, old), Policy: Verdict{Allowed: true}}
	text := markdownOf(t, newPlan(schema.ModeLive, fresh), o)
	if len(text) > markdownLimit {
		t.Errorf("%d characters", len(text))
	}
	for _, want := range []string{"New since plan 3f2a91c04d17: ", "Changed since plan 3f2a91c04d17: ", "In plan 3f2a91c04d17 and not in this one: ", "**By reason**", "0 actions are the same."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}

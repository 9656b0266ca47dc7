package report

import (
	"encoding/json"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"

	"flexform/schema"
)

// Rows are laid out without a table's layout, on a desk and on a telephone, and
// who hears the page still hears a table with rows and cells.
func TestPageIsHeardAsATable(t *testing.T) {
	b := browse(t)
	for _, width := range []int64{1280, 390} {
		b.Look(width, "screen", "light")
		b.open("plan.html", htmlOf(t, newPlan(schema.ModeTest, recall(30)), PlanOptions{}))
		tree, err := chromedp.Call(b.Ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			t.Fatal(err)
		}
		roles := map[string]int{}
		for _, n := range tree.Nodes {
			var role string
			if n.Role != nil {
				_ = json.Unmarshal(n.Role.Value, &role) // a role that is no text is none
			}
			roles[role]++
		}
		if roles["row"] < 30 || roles["cell"]+roles["gridcell"] < 9*30 || roles["table"]+roles["grid"] < 2 {
			t.Errorf("%d pixels wide: roles %v", width, roles)
		}
	}
}

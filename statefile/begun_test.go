package statefile

import (
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// The start of an apply is told of with its settings; one that passed approvals
// by for good.
func TestBegun(t *testing.T) {
	if _, ok := newState().LastApply(); ok {
		t.Error("an empty ledger has a last apply")
	}
	f := open(t, filepath.Join(t.TempDir(), "flexform.ledger"), Options{Now: clock()})
	glass := Begin{Plan: planB, Mode: "sandbox", Actions: 1, Settings: "sha256:1", BreakGlass: "INC 812", BrokenBy: "anna"}
	for _, b := range []Begin{begin(planA, 1), glass, {Plan: "sha256:c", Mode: "sandbox", Settings: "sha256:2"}} {
		if _, err := f.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if last, ok := f.State().LastApply(); !ok || last.Plan != "sha256:c" || last.Settings != "sha256:2" || last.Seq != 4 || last.BreakGlass != "" {
		t.Errorf("LastApply = %+v, %t", last, ok)
	}
	broken := f.State().BrokenGlass(time.Time{})
	if len(broken) != 1 || broken[0].Plan != planB || broken[0].BreakGlass != "INC 812" || broken[0].BrokenBy != "anna" || broken[0].Seq != 3 {
		t.Fatalf("BrokenGlass = %+v", broken)
	}
	if later := f.State().BrokenGlass(broken[0].At.Add(time.Microsecond)); len(later) != 0 {
		t.Errorf("BrokenGlass since after it = %+v", later)
	}
	for _, half := range []Begin{{Plan: "sha256:d", Mode: "sandbox", BreakGlass: "why"}, {Plan: "sha256:d", Mode: "sandbox", BrokenBy: "anna"}} {
		if _, err := f.Append(t.Context(), half); !isImpossible(err) {
			t.Errorf("Append(%+v) = %v, want it refused", half, err)
		}
	}
}

func isImpossible(err error) bool {
	var impossible *ImpossibleError
	return errors.As(err, &impossible)
}

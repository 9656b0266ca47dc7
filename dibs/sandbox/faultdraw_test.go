package sandbox_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
)

// TestDrawFaults: a seed draws the same faults each time, another one others,
// and each of them ends by itself.
func TestDrawFaults(t *testing.T) {
	kinds := map[sandbox.FaultKind]int{}
	seen := map[string]uint64{}
	for seed := range uint64(200) {
		faults := sandbox.DrawFaults(seed)
		if diff := cmp.Diff(faults, sandbox.DrawFaults(seed)); diff != "" {
			t.Fatalf("seed %d draws different faults:\n%s", seed, diff)
		}
		text := ""
		for _, f := range faults {
			kinds[f.Do]++
			text += f.String() + "\n"
			if f.Nth == 0 && f.Times == 0 {
				t.Errorf("seed %d: %q never ends", seed, f)
			}
		}
		if other, found := seen[text]; found {
			t.Errorf("seeds %d and %d draw the same", other, seed)
		}
		seen[text] = seed
		if again, err := sandbox.ReadFaults(strings.NewReader(text)); err != nil || cmp.Diff(faults, again) != "" {
			t.Errorf("seed %d, written and read: %v\n%s", seed, err, cmp.Diff(faults, again))
		}
	}
	if len(kinds) < 14 || kinds[sandbox.FaultTwice] > 0 {
		t.Errorf("drew %v; want at least 14 kinds, and nothing twice", kinds)
	}
	want := `transstatus.pml chance=0.2 seed=142 times=3 charset=utf-8-bom`
	if got := sandbox.DrawFaults(7)[0].String(); got != want {
		t.Errorf("seed 7 begins with %q, want %q: whoever wrote a seed down plays other faults now", got, want)
	}
}

package statefile

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever part of a ledger is read, each entry about a move is with it, once,
// and each move is as the state of that part has it.
func TestGather(t *testing.T) {
	for _, path := range []string{golden, ticketGolden} {
		var all []Entry
		for e, err := range ReadEntries(path) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e)
		}
		for n := range len(all) + 1 {
			h, err := Gather(ReadEntries(path), uint64(n))
			if err != nil {
				t.Fatalf("Gather(%s, %d): %v", path, n, err)
			}
			last := n
			if n == 0 {
				last = len(all)
			}
			if hash, seq := h.State.Head(); seq != uint64(last) || hash != all[last-1].Hash || h.Head.Hash != hash {
				t.Fatalf("Gather(%s, %d) ends at entry %d, %s", path, n, seq, hash)
			}
			checkMoves(t, h, all[:last])
		}
	}
}

// checkMoves counts which entries have to be in which move, by their own words.
func checkMoves(t *testing.T, h *History, all []Entry) {
	t.Helper()
	want, got := map[uint64]uint64{}, map[uint64]uint64{} // first entry of the move, by entry
	of := map[string]uint64{}
	for _, e := range all {
		switch {
		case e.Intent != nil:
			of[e.Intent.Action] = e.Seq
			want[e.Seq] = e.Seq
		case e.Called != nil, e.Adopted != nil:
			want[e.Seq] = e.Seq
		case e.Outcome != nil:
			want[e.Seq] = of[e.Outcome.Action]
		case e.Resolved != nil:
			want[e.Seq] = of[e.Resolved.Action]
		case e.Observed != nil && e.Observed.Action != "":
			want[e.Seq] = of[e.Observed.Action]
		case e.Answered != nil:
			want[e.Seq] = uint64(e.Answered.Call)
		}
	}
	for _, m := range h.Moves {
		first := m.Entry.Seq
		got[first] = first
		if m.Answer != nil {
			got[m.Answer.Seq] = first
		}
		for _, e := range m.Later {
			got[e.Seq] = first
		}
		if i := m.Entry.Intent; i != nil {
			now, ok := h.State.Action(i.Action)
			if !ok || m.Action == nil || m.Action.State != now.State || m.Begin == nil || m.Begin.Begin.Plan != i.Plan {
				t.Errorf("move of entry %d: action %+v of begin %+v, want %+v of plan %s", first, m.Action, m.Begin, now, i.Plan)
			}
		}
		if last := m.Last(); got[last] != first {
			t.Errorf("the last entry of the move of entry %d is %d", first, last)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("moves of %d entries (-want +got):\n%s", len(all), diff)
	}
}

func TestGatherOfNoLedger(t *testing.T) {
	dir := t.TempDir()
	if h, err := Gather(ReadEntries(dir+"/none"), 0); err != nil || len(h.Moves) > 0 || h.Head.Seq != 0 {
		t.Errorf("Gather of no file = %+v, %v", h, err)
	}
	if err := os.WriteFile(dir+"/bad", []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Gather(ReadEntries(dir+"/bad"), 0); err == nil {
		t.Error("Gather reads what is no ledger")
	}
}

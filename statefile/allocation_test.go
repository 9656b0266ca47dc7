package statefile

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
)

// R37: reading a ledger, however it was made, allocates at most four times its
// size, garbage included, and what its longest line takes.
func TestAllocation(t *testing.T) {
	var few, many []Payload
	for i := range 4000 {
		many = append(many, Observed{Merchant: "1", Transact: fmt.Sprint(i), Status: i})
		few = append(few, Observed{Merchant: "1", Transact: "1", Status: i})
	}
	first := linesJoined(nil)
	const line = 4 * maxLine
	for name, ledger := range map[string][]byte{
		"many transactions":     linesJoined(many),
		"one transaction":       linesJoined(few),
		"zeros behind it":       append(bytes.Clone(first), make([]byte, 8<<20)...),
		"a line without end":    append(bytes.Clone(first), bytes.Repeat([]byte("x"), 8<<20)...),
		"nothing but newlines":  append(bytes.Clone(first), bytes.Repeat([]byte("\n"), 8<<20)...),
		"a deep nest, cut":      append(bytes.Clone(first), `{"seq":2,"time":"","x":`+string(bytes.Repeat([]byte("["), maxLine/2))...),
		"a deep nest, resealed": reseal(append(bytes.Clone(first), `{"seq":2,"prev":"","x":`+string(bytes.Repeat([]byte("["), maxLine/2))...)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		readState("x", bytes.NewReader(ledger))
		runtime.ReadMemStats(&after)
		used := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d bytes for %d", name, used, len(ledger))
		if limit := 4*uint64(len(ledger)) + line; used > limit {
			t.Errorf("%s: %d bytes for a ledger of %d, want at most %d", name, used, len(ledger), limit)
		}
	}
}

package sandbox

import (
	"fmt"
	"math/rand/v2"
)

// drawn is how many faults a seed draws.
const drawn = 12

// DrawFaults returns a set of faults, the same for the same seed. Each hits a
// few calls and then no more, none of them keeps a client waiting for longer
// than a second, and the last two thirds are of calls that can move money. No
// request arrives twice: no client can help that. As text the faults can be
// written to a file, changed and played again.
func DrawFaults(seed uint64) []Fault {
	r := rand.New(rand.NewPCG(seed, drawn))
	faults := make([]Fault, 0, drawn)
	for len(faults) < drawn {
		line := drawService(r, len(faults) < drawn/3) + " " + drawTurn(r) + " " + drawKind(r)
		f, err := ParseFault(line)
		if err != nil {
			panic(fmt.Sprintf("sandbox: drew %q: %v", line, err)) // the lists below are ours
		}
		faults = append(faults, f)
	}
	return faults
}

func drawService(r *rand.Rand, looks bool) string {
	if looks {
		return pick(r, "payinfo.cgi", "transinfo.cgi", "transstatus.pml", "*")
	}
	return pick(r, "money", "refund.cgi", "refund.cgi", "capture.cgi", "cancel.cgi")
}

func drawTurn(r *rand.Rand) string {
	switch r.IntN(3) {
	case 0:
		return fmt.Sprintf("nth=%d", 1+r.IntN(12))
	case 1:
		return fmt.Sprintf("every=%d times=%d", 3+r.IntN(8), 1+r.IntN(3))
	}
	return fmt.Sprintf("chance=0.%d seed=%d times=%d", 1+r.IntN(4), 1+r.IntN(1000), 1+r.IntN(3))
}

// drawKind draws what happens. A reply that is replaced says nothing of the
// call, so when that is carried out is drawn, too.
func drawKind(r *rand.Rand) string {
	distorted := []string{
		fmt.Sprintf("cut=%d", r.IntN(300)), fmt.Sprintf("reset=%d", 1+r.IntN(300)), "gzip", "duplicate", "http10",
		"charset=" + pick(r, faultCharsets()...), fmt.Sprintf("delay=%dms", 1+r.IntN(900)),
		fmt.Sprintf("down=%dms", 1+r.IntN(900)), "after=refund:1.00", "before=refund:1.00",
	}
	replaced := []string{
		fmt.Sprintf("answer=%d", r.IntN(16)), "answer=1000", fmt.Sprintf("http=%d", 500+r.IntN(5)), "http=429", "html", "empty",
		fmt.Sprintf("redirect=%s", pick(r, "301", "302", "303", "307", "308")), "drop", "reset",
	}
	if r.IntN(2) == 0 {
		return pick(r, distorted...)
	}
	return pick(r, replaced...) + pick(r, "", " commit=first", " commit=first", " commit=last", fmt.Sprintf(" commit=%dms", 1+r.IntN(900)))
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

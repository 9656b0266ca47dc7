package sim

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// One seed is one history: every contact, every byte of the ledger.
func TestReplay(t *testing.T) {
	for seed := range uint64(40) {
		o := Options{Seed: 1000 + seed, Runners: int(seed % 5), Trace: true}
		a, b := Play(t, o), Play(t, o)
		if diff := cmp.Diff(a.Trace, b.Trace); diff != "" {
			t.Fatalf("seed %d is two histories:\n%s", o.Seed, diff)
		}
		if a.Print != b.Print || !bytes.Equal(a.Ledger, b.Ledger) {
			t.Fatalf("seed %d ends in two ways", o.Seed)
		}
	}
}

// A planted bug is caught, and the one command that the failure names fails
// again, with the same words and the same print of all that happened.
func TestFailureReplays(t *testing.T) {
	for _, bug := range Bugs() {
		t.Run(string(bug), func(t *testing.T) {
			o, said := Options{Runners: runnersFor(bug), Bug: bug}, ""
			for o.Seed = 1; said == ""; o.Seed++ {
				if o.Seed > 20_000 {
					t.Fatalf("no history of %d shows the bug", o.Seed)
				}
				said = failure(o, judge(Play(t, o)))
			}
			t.Log(said)
			command := regexp.MustCompile(`go test \./internal/sim (.*)`).FindStringSubmatch(said)
			if command == nil {
				t.Fatalf("no command in:\n%s", said)
			}
			var args []string
			for _, arg := range strings.Fields(command[1]) {
				switch arg {
				case "-run", "-v":
					arg = "-test." + strings.TrimPrefix(arg, "-")
				}
				args = append(args, arg)
			}
			out, err := exec.CommandContext(t.Context(), os.Args[0], args...).CombinedOutput()
			if err == nil {
				t.Fatalf("%s passes:\n%s", command[0], out)
			}
			unindented := regexp.MustCompile(`(?m)^\s+`).ReplaceAllString(string(out), "")
			if want := regexp.MustCompile(`(?m)^\s+`).ReplaceAllString(said, ""); !strings.Contains(unindented, want) {
				t.Errorf("%s says something else than\n%s\n\nbut\n%s", command[0], want, unindented[max(0, len(unindented)-3000):])
			}
		})
	}
}

// runnersFor says how many runners it takes for a bug to matter.
func runnersFor(b Bug) int {
	if b == bugSleepyhead {
		return 3
	}
	return 0
}

// judge adds what porcupine says.
func judge(r *Report) *Report {
	if len(r.Failures) == 0 && !linearizable(r.Story) {
		r.Failures = []string{"no bank could have done what flexform says was done"}
	}
	return r
}

// failure says what is wrong with a history, and how to see it again; "" when
// nothing is.
func failure(o Options, r *Report) string {
	if len(r.Failures) == 0 {
		return ""
	}
	command := fmt.Sprintf("go test ./internal/sim -run TestHistories -sim.seed=%d", o.Seed)
	if o.Runners != 0 {
		command += fmt.Sprintf(" -sim.runners=%d", o.Runners)
	}
	if o.Bug != "" {
		command += fmt.Sprintf(" -sim.bug=%s", o.Bug)
	}
	return fmt.Sprintf("seed %d, print %016x:\n  %s\nto see it again:\n  %s -v", o.Seed, r.Print, strings.Join(r.Failures, "\n  "), command)
}

package planted

import (
	"fmt"
	"strings"
)

// A plant is one bug: a small change of one file that the tests must notice.
type plant struct {
	file  string // from the root of the repository
	old   string // stands in the file exactly once
	new   string // what the bug has in its place
	why   string // a sentence: what it would do
	judge judge
}

// apply returns the file with the bug in it.
func (p plant) apply(source string) (string, error) {
	switch n := strings.Count(source, p.old); {
	case p.old == p.new:
		return "", fmt.Errorf("it changes nothing of %s", p.file)
	case n != 1:
		return "", fmt.Errorf("%s holds the code that it changes %d times, and it must be there once:\n\n%s\n\n"+
			"Aim it anew: find the code that guards the same thing now, and put some of it that stands there once, and what the bug makes of it, "+
			"into old and new. Do not delete the plant: %s", p.file, n, p.old, p.why)
	}
	return strings.Replace(source, p.old, p.new, 1), nil
}

// A judge is the tests of one package that must notice a bug.
type judge struct {
	pkg   string // from the root of the repository
	tests []string
	flags []string // of the test binary, "-sim.n=999"
}

// in is the judge for tests without flags.
func in(pkg string, tests ...string) judge { return judge{pkg: pkg, tests: tests} }

// histories plays so many histories in the simulator. How many a bug needs is
// measured, with a margin: what the simulator draws changes with it.
func histories(n int) judge {
	return judge{"internal/sim", []string{"TestHistories"}, []string{fmt.Sprintf("-sim.n=%d", n)}}
}

func (j judge) pattern() string { return "^(" + strings.Join(j.tests, "|") + ")$" }

// String is the command that runs the judge.
func (j judge) String() string {
	return strings.Join(append([]string{"go test", "./" + j.pkg, "-run", "'" + j.pattern() + "'"}, j.flags...), " ")
}

// Package planted holds the tests to account. It plants bugs in the code that
// guards money, one at a time, each in a copy of the tree of its own, and has
// the simulator, the fault loops or the tests of the package look at it: every
// one must be caught. One that survives is a hole in the tests, and the hole is
// what has to be closed.
//
//	go test ./internal/planted -v -planted.all
//	go test ./internal/planted -v -planted.only='sent once more'
//
// Without a flag it tries a few, others after each change of the code.
package planted

import (
	"flag"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"flexform/internal/need"
)

var (
	plantedAll  = flag.Bool("planted.all", false, "try all plants")
	plantedN    = flag.Int("planted.n", 0, "how many to try; 0: 3, or 1 in short mode")
	plantedSeed = flag.Uint64("planted.seed", 0, "which ones; 0: as the code of the whole tree has it")
	plantedOnly = flag.String("planted.only", "", "try those whose names match this regular expression")
)

// plants are all of them, by what the bug does.
func plants(t *testing.T) map[string]plant {
	all := map[string]plant{}
	for _, part := range []map[string]plant{inDurable, inLedger, inDatabase, inApply, inBulk, inPlan, inPolicy, inGuards, inCI, inClient, inLanguage} {
		for name, p := range part {
			if _, twice := all[name]; twice {
				t.Fatalf("two plants are called %q", name)
			}
			all[name] = p
		}
	}
	return all
}

// Every plant fits the tree: its code is there once, and so are its judges.
func TestPlantsFit(t *testing.T) {
	all := plants(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		source, err := os.ReadFile(filepath.Join(root, p.file))
		if err == nil {
			_, err = p.apply(string(source))
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.HasSuffix(p.why, ".") || len(strings.Fields(p.why)) < 4 {
			t.Errorf("%s: say in a sentence why it is dangerous, not %q", name, p.why)
		}
		tests, err := testFiles(root, p.judge.pkg)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range p.judge.tests {
			if !strings.Contains(tests, "\nfunc "+test+"(t *testing.T)") {
				t.Errorf("%s: there is no %s in %s any more: name the test that must catch it", name, test, p.judge.pkg)
			}
		}
	}
	if len(all) < 30 {
		t.Errorf("%d plants, and hazards 3.7 wants 30 at least", len(all))
	}
}

const root = "../.."

// Hazards 3.7: planted bugs are caught, or the tests that were to catch them
// prove nothing. The same tests pass without them.
func TestPlantedBugsAreCaught(t *testing.T) {
	need.Command(t, "go")
	module, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	b := bench{module, t.TempDir()}
	all := plants(t)
	chosen := choose(t, all)
	if !t.Run("without", func(t *testing.T) { withoutPlants(t, b, all, chosen) }) {
		t.Fatal("the judges fail without any plant, so they prove nothing about one")
	}
	var mu sync.Mutex
	var rows []string
	begun := time.Now()
	t.Run("with", func(t *testing.T) {
		for _, name := range chosen {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				row := try(t, b, name, all[name])
				mu.Lock()
				defer mu.Unlock()
				rows = append(rows, row)
			})
		}
	})
	slices.Sort(rows)
	t.Logf("%d of %d plants, in %s:\n%s", len(chosen), len(all), time.Since(begun).Round(time.Second), strings.Join(rows, "\n"))
}

// try has one plant judged and returns the line that tells of it.
func try(t *testing.T, b bench, name string, p plant) string {
	if p.judge.pkg == "statefile/postgres" {
		need.Postgres(t) // without a server its tests are skipped, and catch nothing
	}
	v, err := b.try(t.Context(), p)
	switch {
	case err != nil:
		t.Error(err)
	case v.kind == survived:
		t.Errorf("no test notices it. %s\nIt is in %s, and this was to catch it:\n    %s\n"+
			"The hole is in the tests: close it there. Leave the plant as it is.", p.why, p.file, p.judge)
	case v.kind == broken:
		t.Errorf("with it %s does not compile, which no test needs to notice. Write new so that it does:\n%s", p.file, v.by)
	case v.kind == stuck:
		t.Errorf("the tests do not end within %s, which proves nothing: name another judge than\n    %s", endless, p.judge)
	}
	t.Logf("%s after %.1fs, by %s: %s", v.kind, v.took.Seconds(), p.judge, v.by)
	test, _, _ := strings.Cut(v.by, ":")
	return fmt.Sprintf("%-16s %5.1fs  %-28s %-62s %s %s", v.kind, v.took.Seconds(), p.file, name, p.judge.pkg, test)
}

// choose returns the names of the plants to try, in order.
func choose(t *testing.T, all map[string]plant) []string {
	names := slices.Sorted(maps.Keys(all))
	only, err := regexp.Compile(*plantedOnly)
	if err != nil {
		t.Fatal(err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !only.MatchString(name) })
	if len(names) == 0 {
		t.Fatalf("no plant matches %q", *plantedOnly)
	}
	n := *plantedN
	switch {
	case *plantedAll, *plantedOnly != "" && n == 0:
		return names
	case n == 0 && testing.Short():
		n = 1
	case n == 0:
		n = 3
	}
	seed := *plantedSeed
	if seed == 0 {
		seed = seedOf(t)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	names = names[:min(n, len(names))]
	t.Logf("-planted.seed=%d", seed)
	return names
}

// seedOf changes with every change of the code, so that all plants have their
// turn.
func seedOf(t *testing.T) uint64 {
	sum := fnv.New64a()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != root:
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		source, err := os.ReadFile(name)
		sum.Write(source)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum.Sum64()
}

// withoutPlants runs the judges of the chosen plants on the tree as it is.
func withoutPlants(t *testing.T, b bench, all map[string]plant, chosen []string) {
	together := map[string]judge{}
	for _, name := range chosen {
		j := all[name].judge
		key := j.pkg + strings.Join(j.flags, " ")
		for _, test := range together[key].tests {
			j.tests = slices.DeleteFunc(slices.Clone(j.tests), func(same string) bool { return same == test })
		}
		j.tests = append(slices.Clone(together[key].tests), j.tests...)
		together[key] = j
	}
	for _, key := range slices.Sorted(maps.Keys(together)) {
		j := together[key]
		t.Run(strings.ReplaceAll(key, "/", "_"), func(t *testing.T) {
			t.Parallel()
			v, err := b.judge(t.Context(), filepath.Join(b.dir, strings.ReplaceAll(key, "/", "_")+".test"), j)
			if err != nil || v.kind != survived {
				t.Errorf("%s: %s: %s %v", j, v.kind, v.by, err)
			}
		})
	}
}

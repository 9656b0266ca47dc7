package planted

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// endless is when a judge that runs is given up: far above what any needs, also on
// a machine that does other things.
const endless = 5 * time.Minute

// A bench is where plants are tried. Its copy of the tree is an overlay of the
// go command: the files of the tree with one of them exchanged, which leaves
// the tree alone and shares all that is compiled already.
type bench struct {
	root string // of the module, absolute
	dir  string // for what is built
}

// A verdict is what came of a trial.
type verdict struct {
	kind kind
	by   string // the test that failed and what it said; or why there is no verdict
	took time.Duration
}

type kind uint8

const (
	_        kind = iota
	caught        // a test failed
	survived      // all tests passed
	broken        // it does not compile, which no test needs to notice
	stuck         // the tests did not end in time, which proves nothing
)

func (k kind) String() string {
	return [...]string{"no verdict", "caught", "SURVIVED", "DOES NOT COMPILE", "DOES NOT END"}[k]
}

// try has the judge look at the tree with p planted in it. An error means that
// p does not fit the tree, or that the trial could not be made.
func (b bench) try(ctx context.Context, p plant) (verdict, error) {
	source, err := os.ReadFile(filepath.Join(b.root, p.file))
	if err != nil {
		return verdict{}, err
	}
	bad, err := p.apply(string(source))
	if err != nil {
		return verdict{}, err
	}
	dir, err := os.MkdirTemp(b.dir, "plant")
	if err != nil {
		return verdict{}, err
	}
	defer os.RemoveAll(dir) // a test binary has tens of megabytes
	overlay := filepath.Join(dir, "overlay.json")
	planted := filepath.Join(dir, filepath.Base(p.file))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(b.root, p.file): planted}})
	if err != nil {
		return verdict{}, err
	}
	if err := os.WriteFile(planted, []byte(bad), 0o600); err != nil {
		return verdict{}, err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return verdict{}, err
	}
	return b.judge(ctx, filepath.Join(dir, "judge"), p.judge, "-overlay", overlay)
}

// judge builds the judge's tests and runs them.
func (b bench) judge(ctx context.Context, binary string, j judge, flags ...string) (verdict, error) {
	begun := time.Now()
	build := exec.CommandContext(ctx, "go", append(append([]string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary}, flags...), "./"+j.pkg)...)
	build.Dir = b.root
	if said, err := build.CombinedOutput(); err != nil {
		return verdict{broken, string(said), time.Since(begun)}, nil
	}
	v, err := b.run(ctx, binary, j)
	v.took = time.Since(begun)
	return v, err
}

func (b bench) run(ctx context.Context, binary string, j judge) (verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, endless)
	defer cancel()
	fixed, err := b.fixed(j.pkg)
	if err != nil {
		return verdict{}, err
	}
	run := exec.CommandContext(ctx, binary, append(append([]string{"-test.run", j.pattern()}, j.flags...), fixed...)...)
	run.Dir = filepath.Join(b.root, j.pkg)
	run.Env = append(os.Environ(), "GOMAXPROCS=1") // others run beside it
	run.WaitDelay = time.Second                    // a program that a test started may hold its output open
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	err = run.Run()
	switch {
	case err == nil:
		return verdict{kind: survived}, nil
	case ctx.Err() != nil:
		return verdict{kind: stuck}, nil
	}
	by := complaint(said.String())
	switch {
	case strings.Contains(by, "prove nothing about them"): // the simulator only misses something that it should have met
		return verdict{kind: survived, by: by}, nil
	case by == "":
		return verdict{}, fmt.Errorf("%s: %w, and no test failed:\n%s", j, err, said.String())
	}
	return verdict{kind: caught, by: by}, nil
}

// fixed are the flags that make random tests of a package the same in every
// run, and keep them from writing into the tree what made them fail.
func (b bench) fixed(pkg string) ([]string, error) {
	tests, err := testFiles(b.root, pkg)
	if strings.Contains(tests, `"pgregory.net/rapid"`) {
		return []string{"-rapid.seed=1", "-rapid.nofailfile"}, err
	}
	return nil, err
}

// testFiles returns the text of all tests of a package.
func testFiles(root, pkg string) (string, error) {
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		all.Write(text)
	}
	return all.String(), nil
}

var (
	failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)
	crash      = regexp.MustCompile(`(?m)^(?:panic|fatal error): .*`)
	firstWords = regexp.MustCompile(`(?m)^ +\w+_test\.go:\d+: (.*(?:\n .*)?)`)
)

// complaint finds the test that failed in the output of a test binary, and the
// first that it said; "" when none did.
func complaint(said string) string {
	var words []string
	if m := failedTest.FindStringSubmatch(said); m != nil {
		words = append(words, m[1])
	} else if m := crash.FindString(said); m != "" {
		return m
	} else {
		return ""
	}
	if m := firstWords.FindStringSubmatch(said); m != nil {
		words = append(words, strings.Join(strings.Fields(m[1]), " "))
	} else if m := crash.FindString(said); m != "" {
		words = append(words, m)
	}
	return strings.Join(words, ": ")
}

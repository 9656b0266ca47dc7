// Package need lets a test ask for a part that not every machine has: a
// program, a service, a kernel feature.
//
// Where the part is missing the test is skipped, so that a bare laptop can run
// what it is able to run. With CI set in the environment, as .ci/run does, the
// test fails instead: a machine that is meant to prove everything must not pass
// by proving less. Tests call this package and never Skip by themselves;
// arch_test.go holds them to it. Only tests import it.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
)

// A TB is the part of [testing.TB] that this package uses.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Command returns the path of a program, and ends the test where there is none.
func Command(tb TB, name string) string {
	tb.Helper()
	path, err := exec.LookPath(name)
	Part(tb, "the program "+name, err)
	return path
}

// Part ends the test when err says why a part is missing, and does nothing when
// err is nil.
func Part(tb TB, part string, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		tb.Fatalf("this test needs %s, and with CI set nothing may be missing: %v", part, err)
	default:
		tb.Skipf("this test needs %s: %v", part, err)
	}
}

// Postgres returns the folder with the programs of a PostgreSQL server, and
// ends the test where there is none. Debian keeps them out of the PATH; its
// package is postgresql.
func Postgres(tb TB) string {
	tb.Helper()
	initdb, err := exec.LookPath("initdb")
	if err == nil {
		initdb, err = filepath.EvalSymlinks(initdb)
	} else if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
		initdb, err = found[len(found)-1], nil
	}
	Part(tb, "a PostgreSQL server (apt-get install postgresql)", err)
	return filepath.Dir(initdb)
}

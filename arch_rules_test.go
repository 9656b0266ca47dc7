package main_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// The rules of arch_test.go must be able to fail: one small tree for each.
func TestArchitectureFindsWhatIsWrong(t *testing.T) {
	const skipped = "a test that skips proves nothing: ask internal/need for the missing part"
	tests := map[string]struct {
		file, source string // under a comment in line 1
		want         []string
	}{
		"nothing": {file: "money/a.go", source: `package money; import "time"; var T time.Time`},
		"an import against the stream": {
			file: "money/a.go", source: `package money; import _ "flexform/plan"`,
			want: []string{"money/a.go:2: money may not import plan"},
		},
		"the judge asks the client": {
			file: "dibs/sandbox/a.go", source: `package sandbox; import _ "flexform/dibs"`,
			want: []string{"dibs/sandbox/a.go:2: dibs/sandbox may not import dibs"},
		},
		"main does more than start": {
			file: "main.go", source: `package main; import _ "flexform/dibs"`,
			want: []string{"main.go:2: main may not import dibs"},
		},
		"the program depends on a test's helper": {
			file: "internal/cli/a.go", source: `package cli; import _ "flexform/internal/need"`,
			want: []string{"internal/cli/a.go:2: internal/cli may not import internal/need"},
		},
		"a package that nobody decided on": {
			file: "util/a.go", source: `package util`,
			want: []string{"util/a.go:2: package util is not in the table of imports"},
		},
		"HCL where money moves": {
			file: "apply/a.go", source: `package apply; import _ "github.com/hashicorp/hcl/v2"; import _ "github.com/zclconf/go-cty/cty"`,
			want: []string{"apply/a.go:2: apply may not know github.com/hashicorp/hcl/v2", "apply/a.go:2: apply may not know github.com/zclconf/go-cty/cty"},
		},
		"HCL where it belongs": {file: "schema/a.go", source: `package schema; import _ "github.com/hashicorp/hcl/v2/hclsyntax"`},
		"a library that sends again": {
			file: "dibs/a.go", source: `package dibs; import _ "github.com/hashicorp/go-retryablehttp"`,
			want: []string{"dibs/a.go:2: no retry library near money: github.com/hashicorp/go-retryablehttp"},
		},
		"a module that sends again": {
			file: "go.mod", source: `require github.com/cenkalti/backoff/v4 v4.3.0`,
			want: []string{"go.mod:2: no retry library near money: require github.com/cenkalti/backoff/v4 v4.3.0"},
		},
		"the gateway's books rewritten": {
			file: "apply/a.go", source: `package apply; var f = client.ChangeStatus; const service = "changestatus.cgi"; var g = gateway.Changestatus`,
			want: []string{"apply/a.go:2: flexform never calls ChangeStatus by itself", "apply/a.go:2: flexform never calls changestatus by itself"},
		},
		"the gateway's books rewritten by the client": {file: "dibs/a.go", source: `package dibs; var f = client.ChangeStatus`},
		"the clock": {
			file: "plan/a.go", source: `package plan; import "time"; var now = time.Now; var age, left = time.Since, time.Until`,
			want: []string{
				"plan/a.go:2: only internal/cli may use time.Now",
				"plan/a.go:2: only internal/cli may use time.Since",
				"plan/a.go:2: only internal/cli may use time.Until",
			},
		},
		"the clock under another name": {
			file: "plan/a.go", source: `package plan; import clock "time"; var now = clock.Now`,
			want: []string{"plan/a.go:2: only internal/cli may use time.Now"},
		},
		"the clock under no name": {
			file: "plan/a.go", source: `package plan; import . "time"; var now = Now`,
			want: []string{"plan/a.go:2: only internal/cli may use time"},
		},
		"a deadline held against the clock before sending": {file: "dibs/a.go", source: `package dibs; import "time"; var left = time.Until`},
		"arguments, environment, streams and exit": {
			file: "apply/a.go", source: `package apply; import "os"; func f() { _, _ = os.Args, os.Getenv("A"); _, _ = os.Stdout, os.Stderr; os.Exit(1) }`,
			want: []string{
				"apply/a.go:2: only internal/cli may use os.Args", "apply/a.go:2: only internal/cli may use os.Getenv",
				"apply/a.go:2: only internal/cli may use os.Stdout", "apply/a.go:2: only internal/cli may use os.Stderr",
				"apply/a.go:2: only internal/cli may use os.Exit",
			},
		},
		"printing in passing": {
			file: "apply/a.go", source: `package apply; import "fmt"; import "log"; func f() { fmt.Println(); log.Print() }`,
			want: []string{"apply/a.go:2: only internal/cli may use log", "apply/a.go:2: only internal/cli may use fmt.Println"},
		},
		"all that in internal/cli": {file: "internal/cli/a.go", source: `package cli; import ("os"; "time"); var a, b = os.Args, time.Now`},
		"files, durations and formats": {
			file: "statefile/a.go", source: `package statefile; import ("fmt"; "os"; "time"); var a, b, c = os.Open, time.Second, fmt.Errorf`,
		},
		"an init function": {
			file: "dibs/a.go", source: `package dibs; func init() {}`,
			want: []string{"dibs/a.go:2: no init functions: say in main or in a constructor what happens first"},
		},
		"a method called init": {file: "dibs/a.go", source: `package dibs; type T struct{}; func (T) init() {}`},
		"tests that skip": {
			file: "dibs/a_test.go", source: `package dibs; func TestA(t *testing.T) { t.Skip(); if !there { t.Skipf("missing") } }; func BenchmarkA(b *testing.B) { b.SkipNow() }`,
			want: []string{"dibs/a_test.go:2: " + skipped, "dibs/a_test.go:2: " + skipped, "dibs/a_test.go:2: " + skipped},
		},
		"a test that skips in short mode": {file: "dibs/a_test.go", source: `package dibs; func TestA(t *testing.T) { if testing.Short() { t.Skip() } }`},
		"a fuzz target that skips inputs": {file: "dibs/a_test.go", source: `package dibs; func FuzzA(f *testing.F) { f.Fuzz(func(t *testing.T, s string) { t.Skip() }) }`},
		"a test that imports and touches": {file: "money/a_test.go", source: `package money; import ("os"; "flexform/plan"); func init() { os.Exit(0) }`},
		"a file that is data":             {file: "money/testdata/a.go", source: `package bad; import _ "flexform/plan"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := violations(fstest.MapFS{tt.file: {Data: []byte("// Comment.\n" + tt.source + "\n")}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("violations mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestArchitectureCountsPackageComments(t *testing.T) {
	got, err := violations(fstest.MapFS{
		"dibs/a.go":  {Data: []byte("//go:build linux\n\npackage dibs\n")},
		"money/a.go": {Data: []byte("// Package money counts.\npackage money\n")},
		"money/b.go": {Data: []byte("// Package money counts again.\npackage money\n")},
		"money/c.go": {Data: []byte("package money\n")},
		"plan/a.go":  {Data: []byte("package plan\n")},
		"plan/b.go":  {Data: []byte("// Package plan decides.\npackage plan\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"dibs: 0 package comments, want one: []", `money: 2 package comments, want one: ["money/a.go" "money/b.go"]`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations mismatch (-want +got):\n%s", diff)
	}
}

func TestArchitectureStopsAtWhatItCannotRead(t *testing.T) {
	if got, err := violations(fstest.MapFS{"money/a.go": {Data: []byte("package")}}); err == nil {
		t.Errorf("violations = %q, want an error about the syntax", got)
	}
}

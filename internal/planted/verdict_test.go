package planted

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flexform/internal/need"
)

// The trials must be able to fail: plants in a small module, one for each verdict.
func TestVerdicts(t *testing.T) {
	need.Command(t, "go")
	module := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module sums\n\ngo 1.26\n",
		"a/sum.go":       "package a\n\nfunc Sum(a, b int) int { return a + b }\n\nfunc Less(a, b int) int { return a - b }\n",
		"a/sum_test.go":  "package a\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {\n\tif got := Sum(1, 2); got != 3 {\n\t\tt.Errorf(\"Sum = %d\", got)\n\t}\n}\n",
		"b/more.go":      "package b\n\nimport \"sums/a\"\n\nfunc Twice(n int) int { return a.Sum(n, n) }\n",
		"b/more_test.go": "package b\n\nimport \"testing\"\n\nfunc TestTwice(t *testing.T) {\n\tif Twice(2) != 4 {\n\t\tpanic(\"not four\")\n\t}\n}\n",
	} {
		name = filepath.Join(module, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := bench{module, t.TempDir()}
	sum, twice := in("a", "TestSum"), in("b", "TestTwice")
	for name, tt := range map[string]struct {
		plant plant
		want  kind
		by    string
		err   string
	}{
		"a bug that a test sees":          {plant: plant{file: "a/sum.go", old: "a + b", new: "a + b + 1", judge: sum}, want: caught, by: "TestSum: Sum = 4"},
		"a bug that another package sees": {plant: plant{file: "a/sum.go", old: "a + b", new: "a", judge: twice}, want: caught, by: "TestTwice: panic: not four"},
		"a bug that nobody looks at":      {plant: plant{file: "a/sum.go", old: "a - b", new: "b - a", judge: sum}, want: survived},
		"a bug that does not compile":     {plant: plant{file: "a/sum.go", old: "a + b", new: "a + c", judge: sum}, want: broken, by: "undefined: c"},
		"code that is not there":          {plant: plant{file: "a/sum.go", old: "a * b", new: "a", judge: sum}, err: "holds the code that it changes 0 times"},
		"code that is there twice":        {plant: plant{file: "a/sum.go", old: "return a ", new: "return b ", judge: sum}, err: "2 times"},
		"a bug that is none":              {plant: plant{file: "a/sum.go", old: "a + b", new: "a + b", judge: sum}, err: "changes nothing"},
		"a judge that cannot run":         {plant: plant{file: "a/sum.go", old: "a - b", new: "a", judge: judge{pkg: "a", tests: []string{"TestSum"}, flags: []string{"-sum.n=1"}}}, err: "no test failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := b.try(t.Context(), tt.plant)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("try = %v, %v; want an error with %q", got, err, tt.err)
				}
				return
			}
			if err != nil || got.kind != tt.want || !strings.Contains(got.by, tt.by) {
				t.Errorf("try = %s %q, %v; want %s %q", got.kind, got.by, err, tt.want, tt.by)
			}
		})
	}
	if source, err := os.ReadFile(filepath.Join(module, "a/sum.go")); err != nil || !strings.Contains(string(source), "a + b") {
		t.Errorf("the tree was changed: %s %v", source, err)
	}
}

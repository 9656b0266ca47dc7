package cli

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"flexform/internal/need"
)

func TestDoubleDashes(t *testing.T) {
	names := flagNames((&app{}).rootCommand())
	tests := map[string]struct{ in, want string }{
		"Terraform's spelling":        {"plan -out p.json -detailed-exitcode", "plan --out p.json --detailed-exitcode"},
		"with the value in it":        {"plan -out=p.json", "plan --out=p.json"},
		"our own":                     {"plan --out p.json -o p", "plan --out p.json -o p"},
		"a value that begins like it": {"adopt --evidence -see-note-", "adopt --evidence -see-note-"},
		"help":                        {"plan -help", "plan --help"},
		"a flag of no command":        {"plan -nonsense", "plan -nonsense"},
		"behind two dashes":           {"plan -- -out", "plan -- -out"},
		"a single dash":               {"plan -", "plan -"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(strings.Fields(tt.want), doubleDashes(strings.Fields(tt.in), names)); diff != "" {
				t.Errorf("doubleDashes(%q) mismatch (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

// Every wrong command line ends with exit code 1, its reason, and no list of
// everything.
func TestWrongCommandLines(t *testing.T) {
	tests := map[string]string{
		"pln":                          "did you mean plan?",
		"nonsense":                     "flexform --help",
		"plan a b":                     `plan has no use for "b"`,
		"show":                         "show needs its argument: show PLAN",
		"version x":                    "version takes no argument",
		"resolve":                      "resolve needs its argument: resolve ACTION... [FOLDER]",
		"plan --ouut x":                "flexform plan --help",
		"plan --json --markdown .":     "--json and --markdown: one of them",
		"plan --refresh=new .":         `write "open" or "all"`,
		"plan --var x .":               "is not name=value",
		"plan --log-level loud .":      "not one of trace",
		"apply --json .":               "add --auto-approve",
		"apply nowhere.json":           "no folder and no plan file nowhere.json",
		"apply --folder x .":           "--folder says where",
		"show .":                       "is a folder",
		"completion nonsense":          `no completion for "nonsense"`,
		"resolve x":                    "--outcome",
		"resolve x --outcome done":     "--evidence is empty",
		"adopt transaction.x":          "--evidence is empty",
		"sandbox --settle never":       "instant, manual or a duration",
		"sandbox --lockout never":      "off or a duration",
		"sandbox --rate-limit -1s":     "off or a duration",
		"sandbox --charset latin":      "iso-8859-1 or utf-8",
		"sandbox --api-user shop":      "write name:password",
		"sandbox --api-user :x":        "write name:password",
		"sandbox --md5-keys a,b":       "65 characters in all; there are 3",
		"sandbox --md5-required":       "add --md5-keys",
		"sandbox --faults nowhere.txt": "--faults: open nowhere.txt",
		"sandbox --seed nowhere.csv":   "nowhere.csv",
		"init --force .":               "flexform init --help",
		"history nowhere":              "nowhere",
		"validate nowhere":             "nowhere",
		"status --refresh=sometimes .": `write "open" or "all"`,
	}
	dir := starterFolder(t)
	for line, want := range tests {
		t.Run(line, func(t *testing.T) {
			args := strings.Fields(line)
			for i := range args {
				if args[i] == "." {
					args[i] = dir
				}
			}
			var out bytes.Buffer
			code, said := runOn(t, t.Context(), nil, &out, io.Discard, args...)
			if code != int(exitError) || out.Len() > 0 || !strings.HasPrefix(said, "Error: ") || !strings.Contains(said, want) || strings.Contains(said, `\t`) {
				t.Errorf("exit %d, stdout %q, stderr %q; want %d, nothing, and an error with %q", code, out.String(), said, exitError, want)
			}
		})
	}
}

// Every command explains itself, with an example that it accepts.
func TestHelp(t *testing.T) {
	root := (&app{}).rootCommand()
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" || cmd.Long == "" || cmd.Parent() == root && !strings.Contains(cmd.Example, cmd.CommandPath()) {
			t.Errorf("%s: its help lacks a summary, a description or an example", cmd.CommandPath())
		}
		if cmd.Parent() != root && cmd != root {
			return
		}
		for _, example := range strings.Split(cmd.Example, "\n") {
			example, _, _ = strings.Cut(strings.TrimSpace(example), " #")
			fields := strings.Fields(example)
			if len(fields) < 2 || fields[0] != "flexform" {
				continue
			}
			if found, _, err := root.Find(fields[1:]); err != nil || found == root {
				t.Errorf("%s: no such command in the example %q: %v", cmd.CommandPath(), example, err)
			}
			for _, field := range fields {
				if name, ok := strings.CutPrefix(field, "--"); ok {
					name, _, _ = strings.Cut(name, "=")
					if !flagNames(root)[name] {
						t.Errorf("%s: no flag --%s in the example %q", cmd.CommandPath(), name, example)
					}
				}
			}
		}
		for _, below := range cmd.Commands() {
			if below.IsAvailableCommand() {
				walk(below)
			}
		}
	}
	walk(root)
}

func TestReadRevision(t *testing.T) {
	git := need.Command(t, "git")
	dir := t.TempDir()
	env := envOf(map[string]string{"PATH": filepath.Dir(git), "HOME": dir, "FLEXFORM_SHOP_PASSWORD": "secret"})
	if got := readRevision(t.Context(), env, dir); got != (revision{}) {
		t.Errorf("outside a repository: %+v, want none", got)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), git, append([]string{"-C", dir}, args...)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("init", "-q")
	if got := readRevision(t.Context(), env, dir); got != (revision{}) {
		t.Errorf("without a commit: %+v, want none", got)
	}
	run("-c", "user.name=A. Jensen", "-c", "user.email=a@shop.example", "commit", "-q", "--allow-empty", "-m", "recall")
	want := revision{commit: run("rev-parse", "HEAD"), author: "A. Jensen <a@shop.example>"}
	if got := readRevision(t.Context(), env, dir); got != want {
		t.Errorf("readRevision = %+v, want %+v", got, want)
	}
}

// Colour is for terminals that want it.
func TestColor(t *testing.T) {
	tests := map[string]struct {
		variables map[string]string
		terminal  bool
		want      bool
	}{
		"a terminal":         {nil, true, true},
		"a pipe":             {nil, false, false},
		"NO_COLOR":           {map[string]string{"NO_COLOR": "1"}, true, false},
		"an empty NO_COLOR":  {map[string]string{"NO_COLOR": ""}, true, true},
		"a terminal without": {map[string]string{"TERM": "dumb"}, true, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := envOf(tt.variables).color(tt.terminal); got != tt.want {
				t.Errorf("color = %v, want %v", got, tt.want)
			}
		})
	}
	for flag, want := range map[string]bool{"": true, "--no-color": false, "-no-color": false, "--no-color=false": true} {
		env := envOf(nil)
		var said bytes.Buffer
		env.Stdout, env.Stderr, env.StderrTerminal, env.Now = io.Discard, &said, true, time.Now
		Run(t.Context(), env, slices.DeleteFunc([]string{"apply", flag, "nowhere"}, func(arg string) bool { return arg == "" }))
		if got := strings.Contains(said.String(), "\x1b["); got != want {
			t.Errorf("apply %s on a terminal: colour %v, want %v: %q", flag, got, want, said.String())
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"flexform/internal/need"
)

// A recipe is a file of examples/ci, as far as the tests look at it.
type recipe struct {
	On          any               `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]struct {
		Permissions map[string]string `yaml:"permissions"`
		Steps       []recipeStep      `yaml:"steps"`
	} `yaml:"jobs"`
	Plan, Apply struct { // of GitLab
		Script []string `yaml:"script"`
		After  []string `yaml:"after_script"`
	}
	Workflows map[string]struct { // of Atlantis
		Plan, Apply struct{ Steps []recipeStep }
	} `yaml:"workflows"`
}

type recipeStep struct {
	Name string            `yaml:"name"`
	Uses string            `yaml:"uses"`
	Run  string            `yaml:"run"`
	Env  map[string]string `yaml:"env"`
}

func readRecipe(t *testing.T, name string) (recipe, string) {
	t.Helper()
	text := readText(t, filepath.Join("examples", "ci", name))
	var r recipe
	if err := yaml.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r, text
}

var (
	pinned     = regexp.MustCompile(`^[a-z-]+/[a-z-]+@[0-9a-f]{40}$`)
	expression = regexp.MustCompile(`\$\{\{\s*(.*?)\s*\}\}`)
)

// R82, R87: what runs for a stranger's branch has no secret and a token that
// reads; actions are pinned by their commits and flexform by its hash; nothing
// from a pull request becomes a part of a script.
func TestRecipesAreSafe(t *testing.T) {
	for _, name := range []string{"github-plan.yml", "github-comment.yml", "github-apply.yml"} {
		r, text := readRecipe(t, name)
		if strings.Contains(strings.ReplaceAll(text, `not "pull_request_target"`, ""), "pull_request_target") {
			t.Errorf("%s runs for strangers with the rights of the repository", name)
		}
		if len(r.Permissions) == 0 {
			t.Errorf("%s leaves the rights of its token open", name)
		}
		if name == "github-plan.yml" && (len(r.Permissions) != 1 || r.Permissions["contents"] != "read" || strings.Contains(text, "secrets.")) {
			t.Errorf("%s has more than a token that reads: %v", name, r.Permissions)
		}
		for _, job := range r.Jobs {
			if job.Permissions != nil {
				t.Errorf("%s: a job has rights of its own", name)
			}
			for _, step := range job.Steps {
				if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s uses %s, which is not pinned by a commit", name, step.Uses)
				}
				if expression.MatchString(step.Run) {
					t.Errorf("%s: step %q has an expression in its script", name, step.Name)
				}
				if strings.Contains(step.Run, "curl") && !strings.Contains(step.Run, "sha256sum --check --strict") {
					t.Errorf("%s: step %q does not check what it fetched", name, step.Name)
				}
			}
		}
	}
}

// script is what a job of GitHub's runs, step by step, but for those that need
// the network; the expressions are looked up.
func (r recipe) script(t *testing.T, job string, values map[string]string) []recipeStep {
	t.Helper()
	var steps []recipeStep
	for _, step := range r.Jobs[job].Steps {
		if step.Run == "" || step.Name == "Get flexform" {
			continue
		}
		env := map[string]string{}
		for name, value := range step.Env {
			env[name] = expression.ReplaceAllStringFunc(value, func(e string) string {
				found, ok := values[expression.FindStringSubmatch(e)[1]]
				if !ok {
					t.Fatalf("the recipe asks for %s", e)
				}
				return found
			})
		}
		step.Env = env
		steps = append(steps, step)
	}
	return steps
}

// shell runs steps as ci in a folder, one after the other, like the forge does.
func (f *forge) shell(t *testing.T, dir string, env map[string]string, steps ...recipeStep) (out string, code int) {
	t.Helper()
	bash := need.Command(t, "bash")
	before := f.env
	defer func() { f.env = before }()
	for _, step := range steps {
		f.env = slices.Clone(before)
		for _, more := range []map[string]string{env, step.Env} {
			for name, value := range more {
				f.env = append(f.env, name+"="+value)
			}
		}
		text, failed := f.run(t, "ci", dir, "", bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		if out += text; failed != 0 {
			return out, failed
		}
	}
	return out, 0
}

// A job runs one of a recipe's jobs with what its forge would tell it.
type job func(t *testing.T, f *forge, before string) (string, int)

// Each recipe's own lines plan a branch, and apply it once it was approved and
// merged; the ledger is on the protected branch then.
func TestRecipes(t *testing.T) {
	need.Command(t, "bash")
	need.Command(t, "flock")
	github := func(file, name string) job {
		return func(t *testing.T, f *forge, before string) (string, int) {
			r, _ := readRecipe(t, file)
			steps := r.script(t, name, map[string]string{
				"secrets.FLEXFORM_SHOP_USER": "sandbox", "secrets.FLEXFORM_SHOP_PASSWORD": canaryPassword,
				"github.event.before": before, "github.event.after": f.git(t, "ci", "ci.clone", "rev-parse", "HEAD"),
			})
			return f.shell(t, "ci.clone", map[string]string{"RUNNER_TEMP": f.dir, "GITHUB_STEP_SUMMARY": filepath.Join(f.dir, "summary.md")}, steps...)
		}
	}
	gitlab := func(pick func(recipe) []string) job {
		return func(t *testing.T, f *forge, before string) (string, int) {
			r, _ := readRecipe(t, "gitlab-ci.yml")
			out, code := f.shell(t, "ci.clone", map[string]string{"FLEXFORM_SETTINGS": "settings/shop.hcl", "CI_DEFAULT_BRANCH": "main", "RECORD_URL": "",
				"CI_COMMIT_SHA": f.git(t, "ci", "ci.clone", "rev-parse", "HEAD"), "CI_COMMIT_BEFORE_SHA": before}, recipeStep{Run: strings.Join(pick(r), "\n")})
			f.keep(t, "ci.clone/plan.json")
			return out, code
		}
	}
	atlantis := func(apply bool) job {
		return func(t *testing.T, f *forge, _ string) (string, int) {
			r, _ := readRecipe(t, "atlantis.yaml")
			steps := r.Workflows["flexform"].Plan.Steps
			if apply {
				steps = r.Workflows["flexform"].Apply.Steps
			}
			out, code := f.shell(t, "ci.clone/refunds", map[string]string{"BASE_BRANCH_NAME": "main", "PLANFILE": filepath.Join(f.dir, "ci.clone/refunds/default.tfplan")}, steps...)
			f.keep(t, "ci.clone/refunds/default.tfplan")
			return out, code
		}
	}
	plain := func(line string) job {
		return func(t *testing.T, f *forge, before string) (string, int) {
			return f.shell(t, "ci.clone", map[string]string{"BEFORE": before, "FLEXFORM_OUT": f.dir}, recipeStep{Run: "sh ci/plain-git.sh " + line})
		}
	}
	for name, recipe := range map[string]struct {
		plan, apply job
		unmerged    bool // it is applied before the merge
		says        string
	}{
		"GitHub Actions": {plan: github("github-plan.yml", "plan"), apply: github("github-apply.yml", "apply")},
		"GitLab CI": {plan: gitlab(func(r recipe) []string { return r.Plan.Script }),
			apply: gitlab(func(r recipe) []string { return append(r.Apply.Script, r.Apply.After...) })},
		"Atlantis":  {plan: atlantis(false), apply: atlantis(true), unmerged: true, says: "Plan: 1 to add, 0 to change, 0 to destroy."},
		"plain git": {plan: plain("plan rma"), apply: plain(`apply "$BEFORE"`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newForge(t)
			f.env = []string{"FLEXFORM_SHOP_USER=sandbox", "FLEXFORM_SHOP_PASSWORD=" + canaryPassword}
			f.pull(t, "kim", "main")
			f.put(t, "kim", "settings/shop.hcl", readText(t, filepath.Join(f.dir, "kim.clone/settings/shop.hcl"))+"\nledger \"file\" {\n  anchor = \"git\"\n}\n")
			f.put(t, "kim", "ci/record-ledger.sh", readText(t, "examples/ci/record-ledger.sh"))
			f.put(t, "kim", "ci/plain-git.sh", readText(t, "examples/ci/plain-git.sh"))
			f.commit(t, "root", "CI")
			f.git(t, "kim", "kim.clone", "push", "-q", "origin", "main")
			f.branch(t, "rma")
			f.put(t, "kim", "refunds/main.hcl", forgeWish)
			f.commit(t, "kim", "RMA 4411")
			f.push(t, "rma")

			out, code := recipe.plan(t, f, "")
			expect(t, "plan", out, code, 0, "has 0; 2 missing", recipe.says)
			for _, who := range []string{"anna", "bo"} {
				if out, code := f.approve(t, who, "rma"); code != 0 {
					t.Fatalf("%s approves: exit code %d\n%s", who, code, out)
				}
			}
			f.git(t, "ci", "ci.clone", "fetch", "-q")
			f.git(t, "ci", "ci.clone", "checkout", "-q", "-f", "refs/remotes/origin/rma")
			before := ""
			if !recipe.unmerged {
				before = f.merge(t, "anna", "rma")
				f.pull(t, "ci", "main")
			}
			out, code = recipe.apply(t, f, before)
			expect(t, "apply", out, code, 0, "1 of 1 action done")
			if got := f.refunded(t, "11111111"); got != 5000 {
				t.Errorf("%d minor units were refunded, want 5000", got)
			}
			ledger := readText(t, filepath.Join(f.dir, "ci.clone/refunds/flexform.ledger"))
			if got := f.git(t, "ci", "origin.git", "show", "main:refunds/flexform.ledger"); got+"\n" != ledger {
				t.Errorf("the protected branch has another ledger than the machine:\n%s\nwant\n%s", got, ledger)
			}
			if n := f.moved(); n != 1 {
				t.Errorf("%d calls moved money, want 1", n)
			}
			// R34: its head is anchored where the run is not.
			if tags := strings.Fields(f.git(t, "ci", "origin.git", "tag", "-l", "flexform/*")); len(tags) == 0 {
				t.Error("no anchor of the ledger was pushed")
			}
		})
	}
}

// keep copies what a job hands on to those who approve.
func (f *forge) keep(t *testing.T, name string) {
	t.Helper()
	if data, err := os.ReadFile(filepath.Join(f.dir, name)); err == nil {
		if err := os.WriteFile(filepath.Join(f.dir, "plan.json"), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The hook of pre-commit names a command that there is, and passes no files to
// it.
func TestPreCommitHook(t *testing.T) {
	var hooks []struct {
		ID, Name, Entry, Language string
		Files                     string
		Pass                      *bool `yaml:"pass_filenames"`
	}
	if err := yaml.Unmarshal([]byte(readText(t, ".pre-commit-hooks.yaml")), &hooks); err != nil || len(hooks) == 0 {
		t.Fatalf("%d hooks: %v", len(hooks), err)
	}
	f := newForge(t)
	for _, hook := range hooks {
		if hook.ID == "" || hook.Name == "" || hook.Language != "golang" || hook.Pass == nil || *hook.Pass {
			t.Errorf("hook %+v", hook)
		}
		if files := regexp.MustCompile(hook.Files); !files.MatchString("refunds/main.hcl") || !files.MatchString("refunds/rows.csv") || files.MatchString("README.md") {
			t.Errorf("hook %s looks at %s", hook.ID, hook.Files)
		}
		out, code := f.shell(t, "kim.clone", nil, recipeStep{Run: hook.Entry + " --settings settings/shop.hcl refunds"})
		if code != 0 {
			t.Errorf("%s: exit code %d\n%s", hook.Entry, code, out)
		}
		f.put(t, "kim", "refunds/main.hcl", "transaction {\n")
		if out, code = f.shell(t, "kim.clone", nil, recipeStep{Run: hook.Entry + " --settings settings/shop.hcl refunds"}); code == 0 {
			t.Errorf("%s lets a mistake through:\n%s", hook.Entry, out)
		}
	}
}

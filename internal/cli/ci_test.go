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

	"flexform/internal/durable"
	"flexform/internal/need"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// A clone is a repository with settings and a folder, for the tests of changes.
type clone struct {
	t   *testing.T
	dir string
	app *app
}

func newClone(t *testing.T) *clone {
	t.Helper()
	need.Command(t, "git")
	c := &clone{t: t, dir: t.TempDir()}
	env := func(name string) (string, bool) {
		if name == "HOME" {
			return c.dir, true
		}
		return os.LookupEnv(name)
	}
	c.app = &app{env: Env{Lookup: env, Now: time.Now, Stdout: io.Discard, Stderr: io.Discard, FS: durable.OS()}}
	t.Chdir(c.dir)
	c.git("kim", "init", "-q", "-b", "main")
	c.write("settings/shop.hcl", "merchant \"shop\" {\n  id = \"12345678\"\n  gateway = \"sandbox\"\n  account = \"base\"\n}\n")
	c.write("refunds/main.hcl", "# nothing\n")
	c.commit("kim", "The shop")
	c.git("kim", "checkout", "-q", "-b", "change")
	return c
}

func (c *clone) git(who string, args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), "git", append([]string{"-c", "user.name=" + who, "-c", "user.email=" + who + "@example.com"}, args...)...)
	cmd.Env, cmd.Dir = []string{"HOME=" + c.dir, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1"}, c.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (c *clone) write(name, text string) {
	c.t.Helper()
	at := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

func (c *clone) commit(who, message string) {
	c.t.Helper()
	c.git(who, "add", "-A")
	c.git(who, "commit", "-q", "--allow-empty", "-m", message)
}

// change reads what the branch changes.
func (c *clone) change(base string) (*change, error) {
	c.t.Helper()
	o := ciOptions{base: base, head: "HEAD", approvals: "approvals"}
	o.config.settings = "settings/shop.hcl"
	got, err := c.app.readChange(c.t.Context(), "refunds", o)
	if err == nil {
		c.t.Cleanup(func() { got.close() })
	}
	return got, err
}

// R80, R81, R84: the settings of the base hold for what the head wants, and some
// changes are not looked at.
func TestGuardedChange(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(c *clone)
		base string
		want string // in the error; empty for none
	}{
		"a wish":                {do: func(c *clone) { c.write("refunds/more.hcl", "# more\n") }},
		"only settings":         {do: func(c *clone) { c.write("settings/shop.hcl", "merchant \"shop\" {\n  id = \"87654321\"\n}\n") }},
		"settings and a wish":   {do: func(c *clone) { c.write("refunds/more.hcl", "# more\n"); c.write("settings/shop.hcl", "# none\n") }, want: "Split it"},
		"the ledger":            {do: func(c *clone) { c.write("refunds/flexform.ledger", "x\n") }, want: "touches the ledger"},
		"below the ledger":      {do: func(c *clone) { c.write("refunds/flexform.ledger/x", "x\n") }, want: "touches the ledger"},
		"the gateway's money":   {do: func(c *clone) { c.write("refunds/.flexform/sandbox.db", "x\n") }, want: "belongs to one machine"},
		"a tag like the branch": {do: func(c *clone) { c.git("kim", "tag", "main", "HEAD") }, base: "main", want: "could mean refs/heads/main or refs/tags/main"},
		"only a tag":            {do: func(c *clone) { c.git("kim", "tag", "safe", "HEAD") }, base: "safe", want: "could mean refs/tags/safe"},
		"an older base": {do: func(c *clone) {
			c.write("refunds/more.hcl", "# more\n")
			c.commit("kim", "Mine")
			c.git("kim", "checkout", "-q", "main")
			c.write("refunds/other.hcl", "# theirs\n")
			c.commit("kim", "Theirs")
			c.git("kim", "checkout", "-q", "change")
		}, want: "the base has changed refunds/other.hcl"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClone(t)
			tt.do(c)
			c.commit("kim", "Change")
			base := tt.base
			if base == "" {
				base = "refs/heads/main"
			}
			got, err := c.change(base)
			var g *guarded
			if err == nil {
				g, err = c.app.guard(t.Context(), got, new(bytes.Buffer))
			}
			if err == nil {
				err = got.current(t.Context(), g.config)
			}
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if m := g.config.Merchants; len(m) != 1 || m[0].ID != "12345678" || m[0].Account != "base" {
				t.Errorf("merchants %+v, want the base's", m)
			}
		})
	}
}

// R83: a commit that only adds approvals makes nobody an author, and neither does
// a merge that holds what git makes of it; any other commit does.
func TestAuthorsOfAChange(t *testing.T) {
	c := newClone(t)
	expect := func(when string, want ...string) {
		t.Helper()
		got, err := c.change("refs/heads/main")
		if err != nil {
			t.Fatal(err)
		}
		g, err := c.app.guard(t.Context(), got, new(bytes.Buffer))
		if err != nil {
			t.Fatal(err)
		}
		authors, unknown := got.authors(t.Context(), g.config)
		if diff := cmp.Diff(want, authors); diff != "" || unknown != "" {
			t.Errorf("%s: unknown %q, authors (-want +got):\n%s", when, unknown, diff)
		}
	}
	expect("nothing changed", "kim@example.com")
	c.write("refunds/more.hcl", "# more\n")
	c.commit("cy", "A wish\n\nCo-Authored-By: Dora <DORA@example.com>")
	c.write("approvals/a.json.anna@example.com.approval", "x\n")
	c.commit("anna", "Approve")
	c.commit("eve", "Nothing")
	expect("a wish and an approval", "cy@example.com", "dora@example.com")
	c.git("kim", "checkout", "-q", "main")
	c.write("README", "x\n")
	c.commit("kim", "Elsewhere")
	c.git("kim", "checkout", "-q", "change")
	c.git("bo", "merge", "-q", "--no-edit", "main")
	expect("a merge", "cy@example.com", "dora@example.com")
	c.write("refunds/more.hcl", "# much more\n")
	c.git("bo", "commit", "-q", "-a", "--amend", "--no-edit", "--reset-author")
	expect("a merge that changes something", "bo@example.com", "cy@example.com", "dora@example.com")
	c.write("refunds/note.csv", "x\n")
	c.write("approvals/a.json.anna@example.com.approval", "y\n")
	c.commit("anna", "Approve")
	expect("an approval with a wish", "anna@example.com", "bo@example.com", "cy@example.com", "dora@example.com")
}

// R83: who wrote a wish that the plan would do is an author, in whichever pull
// request that was; who wrote another one beside it is none.
func TestWritersOfAPlan(t *testing.T) {
	c := newClone(t)
	c.git("kim", "checkout", "-q", "main")
	block := func(name, transact string) string {
		return "transaction \"" + name + "\" {\n  transact = \"" + transact + "\"\n  orderid  = \"1\"\n  amount   = \"200.00 DKK\"\n  refunded = \"50.00 DKK\"\n}\n"
	}
	c.write("refunds/more.hcl", block("one", "11111111"))
	c.commit("cy", "One")
	c.write("refunds/more.hcl", block("one", "11111111")+"\n"+block("two", "11111112"))
	c.commit("eve", "Two\n\nCo-Authored-By: Dora <DORA@example.com>")
	rows := "transact,orderid,amount,refunded\n11111113,3,10.00 DKK,1.00 DKK\n"
	c.write("refunds/rows.csv", rows)
	c.write("refunds/rows.hcl", "transaction \"row\" {\n  for_each = csv(\"rows.csv\", \"transact\")\n  transact = each.key\n  orderid  = each.value.orderid\n  amount   = each.value.amount\n  refunded = each.value.refunded\n}\n")
	c.commit("fred", "Rows")
	c.write("refunds/rows.csv", rows+"11111114,4,10.00 DKK,1.00 DKK\n")
	c.commit("gil", "A row")
	c.write("refunds/ignored", c.git("kim", "rev-parse", "HEAD", "HEAD^", "HEAD^^")+"\n")
	c.git("kim", "config", "blame.ignoreRevsFile", "refunds/ignored")
	c.git("kim", "checkout", "-q", "-B", "change")
	got, err := c.change("refs/heads/main")
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.app.guard(t.Context(), got, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string][]string{
		"transaction.one":               {"cy@example.com"},
		"transaction.two":               {"dora@example.com", "eve@example.com"},
		"transaction.row[\"11111113\"]": {"fred@example.com"},
		"transaction.row[\"11111114\"]": {"fred@example.com", "gil@example.com"},
	} {
		p := &plan.Plan{Body: plan.Body{Actions: []plan.Action{{Address: address}}}}
		writers, err := got.writers(t.Context(), g.config, p)
		if diff := cmp.Diff(want, writers); diff != "" || err != nil {
			t.Errorf("%s: %v, writers (-want +got):\n%s", address, err, diff)
		}
		// So it is without ci, for a plan of the folder.
		p.Envelope.Commit = got.head.commit
		signed, err := c.app.signatures(t.Context(), withApprovals(g.config), p, "", configFlags{})
		for _, who := range want {
			if !slices.Contains(signed.Authors, who) || err != nil || signed.Unknown != "" {
				t.Errorf("%s, without ci: %v, unknown %q, authors %q lack %s", address, err, signed.Unknown, signed.Authors, who)
			}
		}
	}
}

func withApprovals(cfg *schema.Config) *schema.Config {
	with := *cfg
	with.Approvals.Signatures = 1
	return &with
}

// R84, R85: with a ledger in a database, too, the tip that is named is looked at
// for what was taken back or cancelled.
func TestTipOfADatabase(t *testing.T) {
	t.Setenv(ledgerVariable, "postgres://flexform@127.0.0.1/payments?sslmode=disable")
	c := newClone(t)
	c.git("kim", "checkout", "-q", "main")
	c.write("settings/shop.hcl", "merchant \"shop\" {\n  id = \"12345678\"\n  gateway = \"sandbox\"\n}\nledger \"postgres\" {\n  name = \"shop\"\n}\n")
	c.commit("kim", "A database")
	c.git("kim", "checkout", "-q", "-B", "change")
	got, err := c.change("refs/heads/main")
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.app.guard(t.Context(), got, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	c.git("kim", "checkout", "-q", "main")
	c.commit("bo", "Later")
	for tip, want := range map[string]string{"": got.head.commit, "refs/heads/main": c.git("kim", "rev-parse", "main")} {
		m := &merge{guarded: g}
		if err := c.app.findRecord(t.Context(), m, tip); err != nil || m.tip != want {
			t.Errorf("--tip %q: %v, looked at %s, want %s", tip, err, m.tip, want)
		}
	}
}

// R33, R34, R85: a ledger goes on from an earlier one entry by entry, and a plan
// is the one that was reviewed or none.
func TestMergeHolds(t *testing.T) {
	ledger := func(create bool) *statefile.State {
		t.Helper()
		name := filepath.Join(t.TempDir(), "flexform.ledger")
		if create {
			f, err := statefile.Open(name, statefile.Options{Now: time.Now, Command: "test", FS: durable.OS()})
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		state, err := statefile.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	empty, one, other := ledger(false), ledger(true), ledger(true)
	if _, seq := one.Head(); seq != 1 {
		t.Fatalf("a new ledger has %d entries", seq)
	}
	if !continues(empty, one) || !continues(one, one) {
		t.Error("a ledger goes on from the empty one, and from itself")
	}
	if continues(one, empty) || continues(one, other) {
		t.Error("a shorter ledger, or another one, passes for the newest")
	}
	a, b := &plan.Plan{Digest: "sha256:a"}, &plan.Plan{Digest: "sha256:b"}
	m := &merge{reviewed: []string{"sha256:a"}}
	if err := m.sameAsReviewed(a); err != nil {
		t.Errorf("the plan that was reviewed: %v", err)
	}
	if err := m.sameAsReviewed(b); err == nil {
		t.Error("another plan than was reviewed is accepted")
	}
}

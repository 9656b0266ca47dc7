package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Canaries are secrets that the machine has. None may show up anywhere.
const (
	canaryPassword = "canary-password-5d1c"
	canaryToken    = "canary-token-91fe"
	canaryFile     = "canary-in-a-file-77aa"
)

// A lab is a forge with a machine that has secrets, and a branch by somebody who
// is up to something.
type lab struct {
	*forge
	t      *testing.T
	heard  *recorder
	signed bool   // plans need two approvals
	base   string // the protected branch before the merge
}

// An attack is a branch that tries something. Its wish, RMA 4411, is in every
// branch, so that money would move if nothing kept it back.
type attack struct {
	signed  bool       // the settings ask for two approvals; else the plan is named that ci plan wrote
	do      func(*lab) // to kim's clone, on the branch
	plan    int        // exit code of ci plan
	says    string     // in what ci plan says
	forge   func(*lab) // approvals, before the merge
	apply   int        // exit code of ci apply, after a merge that nobody should have made
	refuses string     // in what ci apply says
	moves   int        // calls that move money: 0, but for the honest ones
	bites   string     // what the head does when it is trusted: "money", or whom it dials
}

// hostileBranches is how many there are.
const hostileBranches = 94

// R80 to R84, R86: branches that try to point elsewhere, to loosen their own
// guard, to read or tell secrets, to pass off approvals, and to trick git.
func TestHostileBranches(t *testing.T) {
	if ownNetwork(t) {
		return
	}
	heard := newRecorder(t)
	all := attacks(heard)
	if n := len(all) - len(honestBranches()); n != hostileBranches {
		t.Errorf("%d hostile branches, want %d; docs/safety.md says so as well", n, hostileBranches)
	}
	if testing.Short() { // a fourth of them, and those that move money first
		for i, name := range slices.Sorted(maps.Keys(all)) {
			if i%4 > 0 && all[name].moves == 0 {
				delete(all, name)
			}
		}
	}
	t.Run("branches", func(t *testing.T) {
		for name, a := range all {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				newLab(t, heard, a.signed).try(a)
			})
		}
	})
	for _, what := range heard.all() {
		t.Errorf("somebody was told something: %s", what)
	}
	// What is heard when the head is trusted, so that the silence above says
	// something.
	for name, a := range all {
		if a.bites != "" && a.bites != "money" && (heard.world || strings.HasPrefix(a.bites, "127.0.0.1")) {
			t.Run("trusted: "+name, func(t *testing.T) {
				l := newLab(t, heard, a.signed)
				a.do(l)
				l.save("kim", "RMA 4411")
				before := len(heard.all())
				out := l.trust("kim")
				if said := strings.Join(heard.all()[before:], "\n"); !strings.Contains(said, a.bites) {
					t.Errorf("%s was not heard, so the test proves nothing:\n%s\n%s", a.bites, said, out)
				}
			})
		}
	}
}

func newLab(t *testing.T, heard *recorder, signed bool) *lab {
	t.Helper()
	l := &lab{forge: newForge(t), t: t, heard: heard, signed: signed}
	settings := strings.ReplaceAll(forgeSettings, "GATEWAY", l.url)
	if !signed {
		settings, _, _ = strings.Cut(settings, "\napprovals")
	}
	l.put(t, "kim", "settings/shop.hcl", settings)
	l.git(t, "kim", "kim.clone", "checkout", "-q", "main")
	if !signed {
		l.commit(t, "root", "No approvals")
	}
	l.git(t, "kim", "kim.clone", "push", "-q", "origin", "HEAD:main")
	proxy := "http://" + heard.proxy
	secrets := filepath.Join(l.dir, "credentials")
	if err := os.WriteFile(secrets, []byte("FLEXFORM_SHOP_USER=sandbox\nFLEXFORM_SHOP_PASSWORD="+canaryPassword+"\nFLEXFORM_OTHER_PASSWORD="+canaryFile+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.env = []string{"FLEXFORM_CREDENTIALS=" + secrets, "GITHUB_TOKEN=" + canaryToken, "CI_JOB_TOKEN=" + canaryToken, "FLEXFORM_SHOP_MD5=" + canaryToken,
		"GITHUB_STEP_SUMMARY=" + filepath.Join(l.dir, "summary.md"), "HTTP_PROXY=" + proxy, "HTTPS_PROXY=" + proxy, "ALL_PROXY=" + proxy, "https_proxy=" + proxy}
	l.branch(t, "attack")
	l.put(t, "kim", "refunds/main.hcl", forgeWish)
	return l
}

// try runs the branch through plan, merge and apply, and looks what came of it.
func (l *lab) try(a attack) {
	t := l.t
	t.Helper()
	a.do(l)
	l.save("kim", "RMA 4411")
	l.push(t, "attack")
	before := l.moved() // by what the attack needed to begin with
	out, code := l.plan(t)
	expect(t, "ci plan", out, code, a.plan, a.says)
	l.secret("ci plan", out)
	if n := l.moved(); n != before {
		t.Errorf("ci plan: %d calls moved money", n-before)
	}
	if a.forge != nil {
		a.forge(l)
	}
	l.mergeAttack()
	out, code = l.applyAttack()
	expect(t, "ci apply", out, code, a.apply, a.refuses)
	l.secret("ci apply", out)
	if n := l.moved(); int(n) != a.moves {
		t.Errorf("%d calls moved money, want %d\n%s", n, a.moves, out)
	}
	if a.bites == "money" {
		if out := l.trust("ci"); l.moved() == uint64(a.moves) {
			t.Errorf("with the head trusted nothing moves, so the test proves nothing:\n%s", out)
		}
	}
}

// save commits what is not committed yet, if there is something.
func (l *lab) save(who, message string) {
	l.t.Helper()
	l.git(l.t, who, "kim.clone", "add", "-A")
	if _, code := l.run(l.t, "kim", "kim.clone", "", "git", "diff", "--cached", "--quiet"); code != 0 {
		l.git(l.t, who, "kim.clone", "commit", "-q", "-m", message)
	}
}

// mergeAttack merges the branch, whatever was said of it. Where the attack has
// made the protected branch already, that stays.
func (l *lab) mergeAttack() {
	t := l.t
	t.Helper()
	if l.base != "" {
		return
	}
	l.base = l.git(t, "kim", "kim.clone", "rev-parse", "refs/remotes/origin/main")
	l.git(t, "kim", "kim.clone", "checkout", "-q", "-f", "-B", "merging", "refs/remotes/origin/main")
	l.git(t, "kim", "kim.clone", "merge", "-q", "--no-ff", "--allow-unrelated-histories", "-X", "theirs", "-m", "Merge attack", "attack")
	l.git(t, "kim", "kim.clone", "push", "-q", "origin", "HEAD:main")
}

func (l *lab) applyAttack() (string, int) {
	args := []string{}
	if !l.signed {
		args = append(args, "--plan", filepath.Join(l.dir, "plan.json"))
		if _, err := os.Stat(args[1]); err != nil {
			args = []string{"--digest", "sha256:" + strings.Repeat("0", 64)}
		}
	}
	return l.apply(l.t, l.base, args...)
}

// trust plans and applies the branch as one would who trusts the head with its
// settings. Who has no credentials can plan all the same.
func (l *lab) trust(who string) string {
	l.t.Helper()
	l.git(l.t, "kim", "", "clone", "-q", "kim.clone", "trusting")
	l.git(l.t, "kim", "trusting", "checkout", "-q", "-f", "attack")
	out, _ := l.run(l.t, who, "trusting", "", l.flexform, "plan", "--out", "trusted.json", "--settings", "settings/shop.hcl", "refunds")
	more, _ := l.run(l.t, who, "trusting", "", l.flexform, "apply", "--auto-approve", "--settings", "settings/shop.hcl", "trusted.json")
	return out + more
}

// secret looks for canaries in what was said and in every file that there is,
// but for the machine's own secrets.
func (l *lab) secret(what, out string) {
	l.t.Helper()
	canaries := []string{canaryPassword, canaryToken, canaryFile}
	for _, canary := range canaries {
		if strings.Contains(out, canary) {
			l.t.Errorf("%s tells %s:\n%s", what, canary, out)
		}
	}
	err := filepath.WalkDir(l.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || name == filepath.Join(l.dir, "credentials") {
			return err
		}
		data, err := os.ReadFile(name)
		for _, canary := range canaries {
			if bytes.Contains(data, []byte(canary)) {
				l.t.Errorf("%s: %s holds %s", what, name, canary)
			}
		}
		return err
	})
	if err != nil {
		l.t.Error(err)
	}
	for _, r := range out {
		if r == '\x1b' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			l.t.Errorf("%s says %U, which a terminal obeys", what, r)
			break
		}
	}
}

// file writes a file of kim's clone.
func (l *lab) file(name, text string) { l.put(l.t, "kim", name, text) }

// edit replaces a text in a file of kim's clone.
func (l *lab) edit(name, old, with string) {
	l.t.Helper()
	text := readText(l.t, filepath.Join(l.dir, "kim.clone", name))
	if !strings.Contains(text, old) {
		l.t.Fatalf("%s does not hold %q:\n%s", name, old, text)
	}
	l.file(name, strings.Replace(text, old, with, 1))
}

func (l *lab) link(target, name string) {
	l.t.Helper()
	at := filepath.Join(l.dir, "kim.clone", name)
	os.Remove(at) // what is in its place
	if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.Symlink(target, at)); err != nil {
		l.t.Fatal(err)
	}
}

// A said is a statement about a plan, as it is signed.
type said struct{ kind, digest, mode, signer, at, expires string }

// about is an honest approval of the plan that ci made.
func (l *lab) about(who string) said {
	l.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	return said{"approval", planDigest(l.t, readText(l.t, filepath.Join(l.dir, "plan.json"))), "sandbox", who + "@example.com", now.Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)}
}

func (s said) text() string {
	text := fmt.Sprintf("flexform %s 1.0\nplan: sha256:%s\nmode: %s\nsigner: %s\nsigned-at: %s\n", s.kind, s.digest, s.mode, s.signer, s.at)
	if s.kind != "cancellation" {
		text += "expires-at: " + s.expires + "\n"
	}
	if s.kind == "break-glass" {
		text += "reason: INC 812\n"
	}
	return text
}

// sign puts a statement on the branch, signed with somebody's key by OpenSSH.
func (l *lab) sign(key string, s said, namespace string) {
	l.t.Helper()
	name := "approvals/" + s.digest[:12] + ".json." + s.signer + "." + s.kind
	l.file(name, s.text())
	at := filepath.Join("kim.clone", name)
	if out, code := l.run(l.t, "kim", "", "", "ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key, at); code != 0 {
		l.t.Fatalf("ssh-keygen: %s", out)
	}
}

const approvalNamespace = "flexform-approval"

// honest has people approve the plan, and pushes that.
func (l *lab) honest(who ...string) {
	l.t.Helper()
	for _, name := range who {
		l.sign(name, l.about(name), approvalNamespace)
	}
	l.publish(who[0])
}

func (l *lab) publish(who string) {
	l.t.Helper()
	l.save(who, "Approve")
	l.git(l.t, who, "kim.clone", "push", "-q", "-f", "origin", "HEAD:refs/heads/attack")
}

// withSettings changes the settings of the protected branch, by its owners.
func (l *lab) withSettings(old, with string) {
	l.t.Helper()
	l.git(l.t, "kim", "kim.clone", "stash", "-q")
	l.git(l.t, "kim", "kim.clone", "checkout", "-q", "main")
	l.edit("settings/shop.hcl", old, with)
	l.save("root", "Settings")
	l.git(l.t, "kim", "kim.clone", "push", "-q", "origin", "HEAD:main")
	l.git(l.t, "kim", "kim.clone", "checkout", "-q", "attack")
	l.git(l.t, "kim", "kim.clone", "stash", "pop", "-q")
	l.git(l.t, "kim", "kim.clone", "fetch", "-q")
}

// attacks are all tables together.
func attacks(heard *recorder) map[string]attack {
	all := map[string]attack{}
	for _, table := range []map[string]attack{honestBranches(), otherHosts(heard), looserGuards(), strangeFiles(), tellingSecrets(), falseApprovals(), gitTricks(), falseHistory(), bombs()} {
		for name, a := range table {
			if _, twice := all[name]; twice {
				panic("two branches are called " + name)
			}
			all[name] = a
		}
	}
	return all
}

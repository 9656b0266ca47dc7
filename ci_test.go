package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flexform/dibs/sandbox"
	"flexform/internal/need"
	"flexform/statefile"
)

// A forge is a bare repository with its clones, and a gateway: what a team has
// that reviews its refunds in pull requests. The people are kim, who writes
// them, and anna and bo, who approve; ci is the machine that plans and applies.
type forge struct {
	dir, flexform string
	gateway       *sandbox.Gateway
	url           string
	env           []string // of ci alone
}

const (
	forgeSettings = `merchant "shop" {
  id      = "12345678"
  gateway = "GATEWAY"
}

limits "shop" {
  refund "DKK" {
    per_action = "100.00 DKK"
    per_plan   = "150.00 DKK"
    per_day    = "150.00 DKK"
  }
}

approvals {
  signers    = "allowed_signers"
  signatures = 2
}
`
	forgeSeed = "transact,merchant,orderid,amount,currency,status\n" +
		"11111111,12345678,11223344,200.00,DKK,captured\n" +
		"11111112,12345678,11223345,200.00,DKK,captured\n" +
		"11111113,12345678,11223346,200.00,DKK,captured\n"
	forgeWish = `transaction "order_1001" {
  transact = "11111111"
  orderid  = "11223344"
  amount   = "200.00 DKK"
  refunded = "50.00 DKK"
  reason   = "RMA 4411"
}
`
)

// newForge has a protected branch with the settings and an empty list of wishes.
func newForge(t *testing.T) *forge {
	t.Helper()
	need.Command(t, "git")
	keygen := need.Command(t, "ssh-keygen")
	exe, err := exec.LookPath("flexform")
	if err != nil {
		t.Fatal(err)
	}
	f := &forge{dir: t.TempDir(), flexform: exe}
	f.startGateway(t)
	var signers strings.Builder
	for _, who := range []string{"kim", "anna", "bo", "mallory"} {
		cmd := exec.CommandContext(t.Context(), keygen, "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", filepath.Join(f.dir, who))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
		if who != "mallory" {
			signers.WriteString(who + "@example.com " + readText(t, filepath.Join(f.dir, who+".pub")))
		}
	}
	f.git(t, "kim", "", "init", "-q", "--bare", "-b", "main", "origin.git")
	f.git(t, "kim", "", "clone", "-q", "origin.git", "kim.clone")
	f.put(t, "kim", "settings/shop.hcl", strings.ReplaceAll(forgeSettings, "GATEWAY", f.url))
	f.put(t, "kim", "settings/allowed_signers", signers.String())
	f.put(t, "kim", "refunds/main.hcl", "# what is to be given back\n")
	f.commit(t, "root", "The shop")
	f.git(t, "kim", "kim.clone", "push", "-q", "origin", "HEAD:main")
	for _, who := range []string{"ci", "anna", "bo"} {
		f.git(t, who, "", "clone", "-q", "origin.git", who+".clone")
	}
	return f
}

func (f *forge) startGateway(t *testing.T) {
	t.Helper()
	rows, err := sandbox.ReadSeed(strings.NewReader(forgeSeed))
	if err != nil {
		t.Fatal(err)
	}
	f.gateway, err = sandbox.Open(sandbox.Options{Now: time.Now, Users: []sandbox.User{{Name: "sandbox", Password: canaryPassword}}})
	if err := errors.Join(err, f.gateway.Seed(rows)); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- sandbox.Serve(ctx, listener, f.gateway) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-served, f.gateway.Close()); err != nil {
			t.Error(err)
		}
	})
	f.url = "http://" + listener.Addr().String()
}

// refunded asks the gateway how much was given back of a transaction, in minor
// units.
func (f *forge) refunded(t *testing.T, transact string) int64 {
	t.Helper()
	reply := httptest.NewRecorder()
	f.gateway.ServeHTTP(reply, httptest.NewRequestWithContext(t.Context(), "GET", "/_sandbox/transactions?transact="+transact, nil))
	var book struct {
		Transactions []totals `json:"transactions"`
	}
	if err := json.Unmarshal(reply.Body.Bytes(), &book); err != nil || len(book.Transactions) != 1 {
		t.Fatalf("the gateway knows %d transactions %s: %v", len(book.Transactions), transact, err)
	}
	return book.Transactions[0].Refunded
}

// moved counts the calls of the gateway that move money.
func (f *forge) moved() (n uint64) {
	for service, times := range f.gateway.Requests() {
		if service == "refund.cgi" || service == "capture.cgi" || service == "cancel.cgi" {
			n += times
		}
	}
	return n
}

// run runs a program as somebody, in a folder below the forge's own.
func (f *forge) run(t *testing.T, who, dir, stdin, program string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = filepath.Join(f.dir, dir)
	home := filepath.Join(f.dir, "home-"+who)
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_TEMPLATE_DIR=",
		"GIT_AUTHOR_NAME=" + who, "GIT_AUTHOR_EMAIL=" + who + "@example.com", "GIT_COMMITTER_NAME=" + who, "GIT_COMMITTER_EMAIL=" + who + "@example.com"}
	if who == "ci" {
		cmd.Env = append(cmd.Env, f.env...)
	}
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if failed, exited := errors.AsType[*exec.ExitError](err); exited {
		return out.String(), failed.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), 0
}

// git runs git, which must succeed.
func (f *forge) git(t *testing.T, who, dir string, args ...string) string {
	t.Helper()
	out, code := f.run(t, who, dir, "", "git", append([]string{"-c", "protocol.file.allow=always"}, args...)...)
	if code != 0 {
		t.Fatalf("%s: git %q: exit code %d\n%s", who, args, code, out)
	}
	return strings.TrimSpace(out)
}

// put writes a file in somebody's clone.
func (f *forge) put(t *testing.T, who, name, text string) {
	t.Helper()
	at := filepath.Join(f.dir, who+".clone", name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// commit commits everything in kim's clone, as somebody.
func (f *forge) commit(t *testing.T, who, message string) {
	t.Helper()
	f.git(t, who, "kim.clone", "add", "-A")
	f.git(t, who, "kim.clone", "commit", "-q", "-m", message)
}

// pull brings a branch of the origin into somebody's clone.
func (f *forge) pull(t *testing.T, who, branch string) {
	t.Helper()
	f.git(t, who, who+".clone", "fetch", "-q", "origin")
	f.git(t, who, who+".clone", "checkout", "-q", "-f", "-B", branch, "refs/remotes/origin/"+branch)
}

// ci runs flexform as the machine does.
func (f *forge) ci(t *testing.T, args ...string) (string, int) {
	t.Helper()
	return f.run(t, "ci", "ci.clone", "", f.flexform, append([]string{"ci"}, args...)...)
}

// plan plans the branch that is checked out at ci.
func (f *forge) plan(t *testing.T, more ...string) (string, int) {
	t.Helper()
	return f.ci(t, append([]string{"plan", "--settings", "settings/shop.hcl", "--base", "refs/remotes/origin/main",
		"--comment", filepath.Join(f.dir, "comment.md"), "--out", filepath.Join(f.dir, "plan.json"), "refunds"}, more...)...)
}

// approve signs the plan that ci made, on a clone of the branch, and pushes that.
func (f *forge) approve(t *testing.T, who, branch string, more ...string) (string, int) {
	t.Helper()
	f.pull(t, who, branch)
	plan := readText(t, filepath.Join(f.dir, "plan.json"))
	digest := planDigest(t, plan)
	name := "approvals/" + digest[:12] + ".json"
	f.put(t, who, name, plan)
	out, code := f.run(t, who, who+".clone", digest[:12]+"\n", f.flexform, append([]string{"approve", "--settings", "settings/shop.hcl", "--key", filepath.Join(f.dir, who), name}, more...)...)
	if code == 0 {
		f.git(t, who, who+".clone", "add", "approvals")
		f.git(t, who, who+".clone", "commit", "-q", "-m", "Approve")
		f.git(t, who, who+".clone", "push", "-q", "origin", branch)
	}
	return out, code
}

// planDigest is a plan file's digest, without the name of the hash.
func planDigest(t *testing.T, plan string) string {
	t.Helper()
	var p struct{ Digest string }
	if err := json.Unmarshal([]byte(plan), &p); err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(p.Digest, "sha256:")
}

// merge merges a branch as the forge's button does, and returns what the
// protected branch was before.
func (f *forge) merge(t *testing.T, who, branch string) (before string) {
	t.Helper()
	f.pull(t, "kim", "main")
	before = f.git(t, "kim", "kim.clone", "rev-parse", "HEAD")
	f.git(t, who, "kim.clone", "merge", "-q", "--no-ff", "-m", "Merge "+branch, "refs/remotes/origin/"+branch)
	f.git(t, who, "kim.clone", "push", "-q", "origin", "main")
	return before
}

// apply applies the protected branch as it is now, checked out at ci.
func (f *forge) apply(t *testing.T, before string, more ...string) (string, int) {
	t.Helper()
	f.pull(t, "ci", "main")
	return f.ci(t, append([]string{"apply", "--settings", "settings/shop.hcl", "--base", before, "--tip", "refs/remotes/origin/main", "refunds"}, more...)...)
}

// branch makes a branch of the protected one in kim's clone.
func (f *forge) branch(t *testing.T, name string) {
	t.Helper()
	f.pull(t, "kim", "main")
	f.git(t, "kim", "kim.clone", "checkout", "-q", "-b", name)
}

// push pushes a branch of kim's clone and checks it out at ci.
func (f *forge) push(t *testing.T, name string) {
	t.Helper()
	f.git(t, "kim", "kim.clone", "push", "-q", "-f", "origin", "HEAD:refs/heads/"+name)
	f.pull(t, "ci", name)
}

// record puts the ledger back on the protected branch, without what attributes
// or hooks of the repository would do with it.
func (f *forge) record(t *testing.T) {
	t.Helper()
	blob := f.git(t, "ci", "ci.clone", "hash-object", "-w", "--no-filters", "refunds/flexform.ledger")
	f.git(t, "ci", "ci.clone", "update-index", "--add", "--cacheinfo", "100644,"+blob+",refunds/flexform.ledger")
	f.git(t, "ci", "ci.clone", "commit", "-q", "--no-verify", "-m", "Record what was applied")
	f.git(t, "ci", "ci.clone", "push", "-q", "origin", "HEAD:main")
}

func readText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// expect compares an exit code, and looks for texts in what was said, however
// the lines were broken.
func expect(t *testing.T, what, out string, code, wantCode int, wants ...string) {
	t.Helper()
	if code != wantCode {
		t.Errorf("%s: exit code %d, want %d\n%s", what, code, wantCode, out)
	}
	for _, want := range wants {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("%s does not say %q:\n%s", what, want, out)
		}
	}
}

// The whole story: a branch, its plan, two approvals, the merge, the apply, and
// the ledger that goes back into git; then the next change, from there.
func TestCI(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.env = []string{"FLEXFORM_SHOP_USER=sandbox", "FLEXFORM_SHOP_PASSWORD=" + canaryPassword, "GITHUB_STEP_SUMMARY=" + filepath.Join(f.dir, "summary.md")}

	f.branch(t, "rma")
	f.put(t, "kim", "refunds/main.hcl", forgeWish)
	f.commit(t, "kim", "RMA 4411")
	f.push(t, "rma")
	out, code := f.plan(t, "--detailed-exitcode", "--terraform-line", "--terraform-report", filepath.Join(f.dir, "report.json"))
	expect(t, "ci plan", out, code, 2, "refund 50.00 DKK", "refused: not approved yet", "has 0; 2 missing", "Plan: 1 to add, 0 to change, 0 to destroy.")
	expect(t, "the comment", readText(t, filepath.Join(f.dir, "comment.md")), 0, 0, "<!-- flexform: refunds -->", "| DKK | refund | 1 | 50.00 DKK | 50.00 DKK |", "flexform approve --settings settings/shop.hcl approvals/")
	expect(t, "the step summary", readText(t, filepath.Join(f.dir, "summary.md")), 0, 0, "| DKK | refund | 1 |")
	if got, want := readText(t, filepath.Join(f.dir, "report.json")), `{"create":1,"delete":0,"update":0}`+"\n"; got != want {
		t.Errorf("report %s, want %s", got, want)
	}

	out, code = f.approve(t, "anna", "rma")
	expect(t, "anna's approval", out, code, 0, "has 1; 1 missing")
	f.pull(t, "ci", "rma")
	out, code = f.plan(t)
	expect(t, "ci plan with one approval", out, code, 0, "Signed by anna@example.com", "has 1; 1 missing")
	out, code = f.approve(t, "bo", "rma")
	expect(t, "bo's approval", out, code, 0, "has 2.")
	f.pull(t, "ci", "rma")
	out, code = f.plan(t)
	expect(t, "ci plan with both", out, code, 0, "allowed: within the limits, approved by anna@example.com, bo@example.com")
	if n := f.moved(); n != 0 {
		t.Fatalf("%d calls moved money before the merge", n)
	}

	// Who approves may press the button: a merge makes nobody an author.
	before := f.merge(t, "anna", "rma")
	out, code = f.apply(t, before)
	expect(t, "ci apply", out, code, 0, "1 of 1 action done")
	if got := f.refunded(t, "11111111"); got != 5000 {
		t.Errorf("%d minor units were refunded, want 5000", got)
	}
	f.record(t)
	state, err := statefile.Read(filepath.Join(f.dir, "ci.clone", "refunds", "flexform.ledger"))
	if err != nil || len(state.Undecided()) != 0 {
		t.Errorf("the ledger: %v, %d actions undecided", err, len(state.Undecided()))
	}

	// What was approved is a digest: the next change needs approvals of its own.
	f.branch(t, "more")
	f.put(t, "kim", "refunds/main.hcl", strings.Replace(forgeWish, "50.00 DKK", "80.00 DKK", 1))
	f.commit(t, "kim", "RMA 4412")
	f.push(t, "more")
	out, code = f.plan(t)
	expect(t, "the next ci plan", out, code, 0, "50.00 -> 80.00 DKK", "refund 30.00 DKK")
	before = f.merge(t, "kim", "more")
	out, code = f.apply(t, before)
	expect(t, "ci apply without approvals", out, code, 3, "not approved", "has 0; 2 missing")
	if n := f.moved(); n != 1 {
		t.Errorf("%d calls moved money, want 1", n)
	}
}

// R83: a wish that was merged and never applied is done by the next plan of
// anybody, and who wrote it does not approve that plan.
func TestCIWrittenBefore(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.env = []string{"FLEXFORM_SHOP_USER=sandbox", "FLEXFORM_SHOP_PASSWORD=" + canaryPassword}
	f.branch(t, "first")
	f.put(t, "kim", "refunds/main.hcl", forgeWish)
	f.commit(t, "bo", "RMA 4411")
	f.push(t, "first")
	f.merge(t, "kim", "first")

	f.branch(t, "next")
	f.put(t, "kim", "refunds/next.hcl", strings.NewReplacer("order_1001", "order_1002", "11111111", "11111112", "11223344", "11223345", "50.00", "1.00").Replace(forgeWish))
	f.commit(t, "kim", "RMA 4412")
	f.push(t, "next")
	out, code := f.plan(t)
	expect(t, "ci plan", out, code, 0, "refund 50.00 DKK", "refund 1.00 DKK")
	out, code = f.approve(t, "anna", "next")
	expect(t, "anna's approval", out, code, 0, "has 1; 1 missing")
	out, code = f.approve(t, "bo", "next")
	expect(t, "bo's approval", out, code, 3, "You made the change that this plan is about")
	// With other programs he can sign all the same.
	found, err := filepath.Glob(filepath.Join(f.dir, "bo.clone", "approvals", "*.anna@example.com.approval"))
	if err != nil || len(found) != 1 {
		t.Fatalf("anna's approvals: %q, %v", found, err)
	}
	name := "approvals/" + strings.Replace(filepath.Base(found[0]), "anna", "bo", 1)
	f.put(t, "bo", name, strings.Replace(readText(t, found[0]), "anna", "bo", 1))
	out, code = f.run(t, "bo", "bo.clone", "", "ssh-keygen", "-Y", "sign", "-q", "-n", "flexform-approval", "-f", filepath.Join(f.dir, "bo"), name)
	expect(t, "bo's signature", out, code, 0)
	f.git(t, "bo", "bo.clone", "add", "approvals")
	f.git(t, "bo", "bo.clone", "commit", "-q", "-m", "Approve")
	f.git(t, "bo", "bo.clone", "push", "-q", "origin", "next")
	f.pull(t, "ci", "next")
	out, code = f.plan(t)
	expect(t, "ci plan with both", out, code, 0, "has 1; 1 missing", "the approval of bo@example.com: who made the change does not approve it")
	out, code = f.apply(t, f.merge(t, "kim", "next"))
	expect(t, "ci apply", out, code, 3, "not approved")
	if n := f.moved(); n != 0 {
		t.Errorf("%d calls moved money, and an author had approved it", n)
	}
}

// R85: what somebody cancelled on the protected branch is not applied, even when
// the branch takes the cancellation away before it is merged.
func TestCICancelledBefore(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.env = []string{"FLEXFORM_SHOP_USER=sandbox", "FLEXFORM_SHOP_PASSWORD=" + canaryPassword}
	f.branch(t, "rma")
	f.put(t, "kim", "refunds/main.hcl", forgeWish)
	f.commit(t, "kim", "RMA 4411")
	f.push(t, "rma")
	out, code := f.plan(t)
	expect(t, "ci plan", out, code, 0, "refund 50.00 DKK")
	for _, who := range []string{"anna", "bo"} {
		f.approve(t, who, "rma")
	}
	out, code = f.approve(t, "bo", "main", "--cancel")
	expect(t, "bo's cancellation", out, code, 0, "Cancelled: bo@example.com")
	f.pull(t, "kim", "rma")
	f.git(t, "kim", "kim.clone", "merge", "-q", "-m", "Merge main", "refs/remotes/origin/main")
	f.git(t, "kim", "kim.clone", "rm", "-q", "approvals/*.cancellation", "approvals/*.cancellation.sig")
	f.commit(t, "kim", "Tidy up")
	f.push(t, "rma")
	out, code = f.apply(t, f.merge(t, "kim", "rma"))
	expect(t, "ci apply", out, code, 3, "Cancelled: bo@example.com")
	if n := f.moved(); n != 0 {
		t.Errorf("%d calls moved money that was cancelled", n)
	}
}

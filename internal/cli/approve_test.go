package cli

import (
	"crypto/ed25519"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// approvableShop is a starter folder whose plans need the approval of anna, a
// plan of it, and her private key.
func approvableShop(t *testing.T) (dir, planFile, keyFile string) {
	t.Helper()
	dir = starterFolder(t)
	planFile, keyFile = filepath.Join(dir, "plan.json"), filepath.Join(t.TempDir(), "anna")
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		keyFile:                               string(pem.EncodeToMemory(block)),
		filepath.Join(dir, "allowed_signers"): "anna@example.com " + string(ssh.MarshalAuthorizedKey(key)),
		filepath.Join(dir, "approvals.hcl"):   "approvals {\n  signers = \"allowed_signers\"\n}\n",
	} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, said := runOn(t, t.Context(), nil, io.Discard, io.Discard, "plan", "--out", planFile, dir); code != 0 {
		t.Fatalf("plan: exit %d\n%s", code, said)
	}
	return dir, planFile, keyFile
}

// approve signs the plan as a person does.
func approve(t *testing.T, planFile string, args ...string) {
	t.Helper()
	p, err := readPlan(planFile)
	if err != nil {
		t.Fatal(err)
	}
	typed := strings.NewReader(strings.TrimPrefix(p.Digest, "sha256:")[:leastTyped] + "\n")
	if code, said := runOn(t, t.Context(), typed, io.Discard, io.Discard, append([]string{"approve", planFile}, args...)...); code != 0 {
		t.Fatalf("approve: exit %d\n%s", code, said)
	}
}

// A plan that is cancelled while the question stands is not carried out: what
// counts is what stands beside it when the calls would begin.
func TestCancelledAtTheQuestion(t *testing.T) {
	dir, planFile, key := approvableShop(t)
	approve(t, planFile, "--key", key)
	cancel := reaction{"Apply?", func() { approve(t, planFile, "--key", key, "--cancel") }}
	code, said := runOn(t, t.Context(), strings.NewReader("yes\n"), io.Discard, cancel, "apply", planFile)
	if code != int(exitBlocked) || !strings.Contains(said, "Cancelled: anna@example.com cancelled it") {
		t.Errorf("exit %d, want %d and that it was cancelled:\n%s", code, exitBlocked, said)
	}
	if n := history(t, dir, "intent"); n != 0 {
		t.Errorf("%d calls were begun", n)
	}
}

// Too little of the digest, or that of another plan, signs nothing.
func TestApproveWantsTheDigest(t *testing.T) {
	_, planFile, key := approvableShop(t)
	p, err := readPlan(planFile)
	if err != nil {
		t.Fatal(err)
	}
	digest := strings.TrimPrefix(p.Digest, "sha256:")
	for _, typed := range []string{"", "\n", "yes\n", digest[:leastTyped-1] + "\n", digest[1:] + "\n", digest + "0\n", "sha256:\n"} {
		code, said := runOn(t, t.Context(), strings.NewReader(typed), io.Discard, io.Discard, "approve", "--key", key, planFile)
		if code != int(exitError) || !strings.Contains(said, "nothing was signed") {
			t.Errorf("typed %q: exit %d\n%s", typed, code, said)
		}
	}
	if found, _ := filepath.Glob(planFile + ".*"); len(found) > 0 {
		t.Errorf("%q were written", found)
	}
}

package approval

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"flexform/internal/need"
	"flexform/schema"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func sample() Statement {
	return Statement{
		Kind: Approve, Plan: "sha256:" + strings.Repeat("a1", 32), Mode: schema.ModeTest, Signer: "anna@example.com",
		SignedAt: noon, ExpiresAt: noon.Add(24 * time.Hour),
	}
}

func newKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestStatement(t *testing.T) {
	want := "flexform approval 1.0\nplan: " + sample().Plan + "\nmode: test\nsigner: anna@example.com\nsigned-at: 2026-11-21T12:00:00Z\nexpires-at: 2026-11-22T12:00:00Z\n"
	if diff := cmp.Diff(want, string(sample().Encode())); diff != "" {
		t.Errorf("statement (-want +got):\n%s", diff)
	}
	cancel := sample()
	cancel.Kind, cancel.ExpiresAt = Cancel, time.Time{}
	glass := sample()
	glass.Kind, glass.Reason = Break, "INC 812: paid out twice since noon"
	for _, s := range []Statement{sample(), cancel, glass} {
		got, err := Parse(s.Encode())
		if diff := cmp.Diff(s, got); err != nil || diff != "" {
			t.Errorf("Parse(Encode) (-want +got), %v:\n%s", err, diff)
		}
	}
	if got, want := cancel.FileName("out/plan.json"), "out/plan.json.anna@example.com.cancellation"; got != want {
		t.Errorf("FileName = %s, want %s", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	text := string(sample().Encode())
	for name, bad := range map[string]string{
		"nothing":                    "",
		"an approval without an end": strings.Replace(text, "expires-at: 2026-11-22T12:00:00Z\n", "", 1),
		"a cancellation with an end": strings.Replace(text, "approval", "cancellation", 1),
		"an end before the start":    strings.Replace(text, "2026-11-22", "2026-11-20", 1),
		"another version":            strings.Replace(text, "1.0", "1.1", 1),
		"another mode":               strings.Replace(text, "mode: test", "mode: real", 1),
		"a short digest":             strings.Replace(text, "a1a1", "a1", 1),
		"capitals":                   strings.Replace(text, "anna", "Anna", 1),
		"a path for a name":          strings.Replace(text, "anna@example.com", "../anna", 1),
		"another time zone":          strings.Replace(text, "12:00:00Z\nexpires", "14:00:00+02:00\nexpires", 1),
		"a fraction of a second":     strings.Replace(text, "12:00:00Z\nexpires", "12:00:00.0Z\nexpires", 1),
		"a reason for an approval":   text + "reason: because\n",
		"a glass without a reason":   strings.Replace(text, "approval", "break-glass", 1),
		"a glass that says nothing":  strings.Replace(text, "approval", "break-glass", 1) + "reason: …\n",
		"a glass with a card":        strings.Replace(text, "approval", "break-glass", 1) + "reason: card 4711 1000 0000 0000 again\n",
		"a glass with a bell":        strings.Replace(text, "approval", "break-glass", 1) + "reason: a\a\n",
		"a line more":                text + "note: x\n",
		"a line end less":            strings.TrimSuffix(text, "\n"),
		"other line ends":            strings.ReplaceAll(text, "\n", "\r\n"),
	} {
		if s, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%s: Parse = %+v, want an error", name, s)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample().Encode())
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := Parse(text); err == nil && !bytes.Equal(s.Encode(), text) {
			t.Errorf("Parse(%q) reads what Encode does not write", text)
		}
	})
}

// R83: a signature counts for its own lines, its own key and its own purpose.
func TestVerify(t *testing.T) {
	anna, stranger := newKey(t), newKey(t)
	signers := []schema.Signer{{Principals: []string{"anna@example.com"}, Key: anna.PublicKey()}}
	file := func(s Statement, key ssh.Signer) File {
		sig, err := Sign(s, key)
		if err != nil {
			t.Fatal(err)
		}
		return File{Name: s.FileName("plan.json"), Text: s.Encode(), Signature: sig}
	}
	good := file(sample(), anna)
	v, err := Verify(good, signers)
	if err != nil || v.Statement() != sample() || v.Fingerprint() != ssh.FingerprintSHA256(anna.PublicKey()) {
		t.Fatalf("Verify = %+v, %v", v, err)
	}
	other := sample()
	other.Signer = "bo@example.com"
	elsewhere, err := sshsig.Sign(bytes.NewReader(good.Text), anna, sshsig.HashSHA512, "file")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		file File
		says string
	}{
		"no signature":        {File{Name: good.Name, Text: good.Text}, "not signed"},
		"no armour":           {File{Name: good.Name, Text: good.Text, Signature: []byte("x")}, "cannot be read"},
		"a signature cut off": {File{Name: good.Name, Text: good.Text, Signature: good.Signature[:len(good.Signature)/2]}, "cannot be read"},
		"an unknown key":      {file(sample(), stranger), "not one of the allowed signers'"},
		"another's name":      {file(other, anna), "it names bo@example.com, and the key is anna@example.com's"},
		"another purpose":     {File{Name: good.Name, Text: good.Text, Signature: sshsig.Armor(elsewhere)}, "namespace does not match"},
		"changed lines":       {File{Name: good.Name, Text: bytes.Replace(good.Text, []byte("test"), []byte("live"), 1), Signature: good.Signature}, "not one of these lines"},
		"named a cancel":      {File{Name: "plan.json.anna@example.com.cancellation", Text: good.Text, Signature: good.Signature}, "named otherwise"},
		"named a glass":       {File{Name: "plan.json.anna@example.com.break-glass", Text: good.Text, Signature: good.Signature}, "named otherwise"},
		"too large":           {File{Name: good.Name, Text: make([]byte, MaxFile+1), Signature: good.Signature}, "too large"},
	} {
		if _, err := Verify(tt.file, signers); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: Verify = %v, want %q", name, err, tt.says)
		}
	}
	// Every changed bit of the lines is found.
	for i := range len(good.Text) * 8 {
		bad := File{Name: good.Name, Text: bytes.Clone(good.Text), Signature: good.Signature}
		bad.Text[i/8] ^= 1 << (i % 8)
		if _, err := Verify(bad, signers); err == nil {
			t.Errorf("bit %d of the lines can be changed", i)
		}
	}
}

// OpenSSH and flexform read each other's signatures, of each kind of key.
func TestOpenSSH(t *testing.T) {
	keygen := need.Command(t, "ssh-keygen")
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			run := func(stdin []byte, args ...string) {
				t.Helper()
				cmd := exec.CommandContext(t.Context(), keygen, args...)
				cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("ssh-keygen %q: %v\n%s", args, err, out)
				}
			}
			read := func(name string) []byte {
				t.Helper()
				data, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				return data
			}
			write := func(name string, data []byte) {
				t.Helper()
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			run(nil, "-q", "-t", kind, "-N", "", "-C", "throw-away", "-f", "key")
			key, err := ssh.ParsePrivateKey(read("key"))
			if err != nil {
				t.Fatal(err)
			}
			signers := []schema.Signer{{Principals: []string{"anna@example.com"}, Key: key.PublicKey()}}
			text := sample().Encode()

			// Theirs, read by us.
			write("theirs.approval", text)
			run(nil, "-q", "-Y", "sign", "-n", schema.ApprovalNamespace, "-f", "key", "theirs.approval")
			if _, err := Verify(File{Name: "theirs.approval", Text: text, Signature: read("theirs.approval.sig")}, signers); err != nil {
				t.Errorf("a signature of ssh-keygen: %v", err)
			}
			// Ours, read by them.
			sig, err := Sign(sample(), key)
			if err != nil {
				t.Fatal(err)
			}
			write("ours.sig", sig)
			write("allowed_signers", append([]byte("anna@example.com "), ssh.MarshalAuthorizedKey(key.PublicKey())...))
			run(text, "-q", "-Y", "verify", "-n", schema.ApprovalNamespace, "-f", "allowed_signers", "-I", "anna@example.com", "-s", "ours.sig")
		})
	}
}

// Whatever stands where a signature should, what verifies is what was signed.
func FuzzVerify(f *testing.F) {
	key := newKey(f)
	signers := []schema.Signer{{Principals: []string{"anna@example.com"}, Key: key.PublicKey()}}
	good, err := Sign(sample(), key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample().Encode(), good)
	f.Add(sample().Encode(), []byte("-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"))
	f.Fuzz(func(t *testing.T, text, signature []byte) {
		v, err := Verify(File{Name: "plan.json.anna@example.com.approval", Text: text, Signature: signature}, signers)
		if err == nil && v.Statement() != sample() {
			t.Errorf("Verify accepts %q, which nobody signed", text)
		}
	})
}

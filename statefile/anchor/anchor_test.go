package anchor

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"flexform/internal/need"
	"flexform/schema"
	"flexform/statefile"
)

func sample() Tag {
	return Tag{
		Statement: Statement{Ledger: "20616e6420746865206c656467657220", Place: "shop/flexform.ledger", Seq: 38, Head: "sha256:" + strings.Repeat("ab", 32)},
		Commit:    strings.Repeat("12", 20), Tagger: Identity("Anna Jensen", "anna@example.com"), Time: time.Unix(1795768210, 0).UTC(),
	}
}

func newKey(t testing.TB) (ssh.Signer, []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return key, pem.EncodeToMemory(block)
}

func signed(t testing.TB, key ssh.Signer) Tag {
	t.Helper()
	tag, err := sample().Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

func TestTag(t *testing.T) {
	want := "object " + strings.Repeat("12", 20) + "\ntype commit\ntag flexform/20616e6420746865/0000000038\ntagger Anna Jensen <anna@example.com> 1795768210 +0000\n\n" +
		"flexform anchor 1.0\n\nledger: 20616e6420746865206c656467657220\nplace: \"shop/flexform.ledger\"\nentry: 38\nhead: sha256:" + strings.Repeat("ab", 32) + "\n"
	if diff := cmp.Diff(want, string(sample().Encode())); diff != "" {
		t.Errorf("tag (-want +got):\n%s", diff)
	}
	key, _ := newKey(t)
	odd := sample()
	odd.Place = "../søster \"1\"\n/flexform.ledger"
	odd.Tagger = Identity("A <b>\n", "")
	for _, tag := range []Tag{sample(), signed(t, key), odd} {
		got, err := Parse(tag.Encode())
		if diff := cmp.Diff(tag, got); err != nil || diff != "" {
			t.Errorf("Parse(Encode) (-want +got), %v:\n%s", err, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	text := string(sample().Encode())
	for name, bad := range map[string]string{
		"nothing":             "",
		"another version":     strings.Replace(text, "anchor 1.0", "anchor 1.1", 1),
		"another name":        strings.Replace(text, "0000000038", "0000000037", 1),
		"of a blob":           strings.Replace(text, "type commit", "type blob", 1),
		"entry 0":             strings.Replace(strings.Replace(text, "entry: 38", "entry: 0", 1), "0000000038", "0000000000", 1),
		"a short hash":        strings.Replace(text, "abab", "ab", 1),
		"another time zone":   strings.Replace(text, "+0000", "+0100", 1),
		"a line more":         text + "note: x\n",
		"a line end less":     strings.TrimSuffix(text, "\n"),
		"other line ends":     strings.ReplaceAll(text, "\n", "\r\n"),
		"a header more":       strings.Replace(text, "\n\n", "\nencoding latin1\n\n", 1),
		"too much behind it":  text + "-----BEGIN SSH SIGNATURE-----\n" + strings.Repeat("x", MaxObject),
		"a place not escaped": strings.Replace(text, "shop/", "sh\u00f8p/", 1),
	} {
		if tag, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%s: Parse = %+v, want an error", name, tag)
		}
	}
}

func TestVerify(t *testing.T) {
	anna, _ := newKey(t)
	bo, _ := newKey(t)
	signers := []schema.Signer{{Principals: []string{"anna@example.com"}, Key: anna.PublicKey()}, {Principals: []string{"bo@example.com"}, Key: bo.PublicKey(), Namespaces: []string{schema.ApprovalNamespace}}}
	tag := signed(t, anna)
	if who, err := tag.Verify(signers); err != nil || who.Principals[0] != "anna@example.com" {
		t.Fatalf("Verify = %+v, %v", who, err)
	}
	if _, err := sample().Verify(signers); !errors.Is(err, ErrUnsigned) {
		t.Errorf("Verify of no signature = %v", err)
	}
	if _, err := tag.Verify(nil); err == nil {
		t.Error("Verify takes a key of nobody")
	}
	if _, err := signed(t, bo).Verify(signers); err == nil {
		t.Error("Verify takes a key that may sign approvals only")
	}
	pgp := sample()
	pgp.Signature = []byte("-----BEGIN PGP SIGNATURE-----\n\nxyz\n-----END PGP SIGNATURE-----\n")
	if _, err := pgp.Verify(signers); err == nil {
		t.Error("Verify takes a signature of PGP")
	}
	// Every changed bit of the object is found: it does not read, is not named
	// so, or does not verify.
	object := tag.Encode()
	for i := range len(object) * 8 {
		bad := bytes.Clone(object)
		bad[i/8] ^= 1 << (i % 8)
		got, err := Parse(bad)
		if err != nil {
			continue
		}
		if _, err := got.Verify(signers); err == nil && !cmp.Equal(got.payload(), tag.payload()) {
			t.Errorf("bit %d of the object can be changed", i)
		}
	}
}

// Plain git and ssh-keygen take what flexform signs.
func TestGitVerifies(t *testing.T) {
	git := need.Command(t, "git")
	need.Command(t, "ssh-keygen")
	dir := t.TempDir()
	key, _ := newKey(t)
	run := func(stdin []byte, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), git, append([]string{"-C", dir, "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "gpg.format=ssh", "-c", "gpg.ssh.allowedSignersFile=" + filepath.Join(dir, "signers")}, args...)...)
		cmd.Stdin, cmd.Env = bytes.NewReader(stdin), append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.WriteFile(filepath.Join(dir, "signers"), append([]byte("anna@example.com "), ssh.MarshalAuthorizedKey(key.PublicKey())...), 0o600); err != nil {
		t.Fatal(err)
	}
	run(nil, "init", "-q")
	run(nil, "commit", "-q", "--allow-empty", "-m", "first")
	tag := sample()
	tag.Commit = run(nil, "rev-parse", "HEAD")
	tag, err := tag.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	id := run(tag.Encode(), "hash-object", "-t", "tag", "-w", "--stdin")
	run(nil, "update-ref", tag.Ref(), id)
	if out := run(nil, "verify-tag", tag.Name()); !strings.Contains(out, `Good "git" signature for anna@example.com`) {
		t.Errorf("git verify-tag says %s", out)
	}
	run(nil, "fsck", "--strict")
}

func FuzzParse(f *testing.F) {
	key, _ := newKey(f)
	f.Add(sample().Encode())
	f.Add(signed(f, key).Encode())
	f.Fuzz(func(t *testing.T, object []byte) {
		if tag, err := Parse(object); err == nil && !bytes.Equal(tag.Encode(), object) {
			t.Errorf("Parse(%q) reads what Encode does not write", object)
		}
	})
}

// golden is a ledger with every kind of entry.
const golden = "../testdata/every-kind.ledger"

// anchorsOf has an anchor at each entry of a ledger.
func anchorsOf(t *testing.T, path string) []Tag {
	t.Helper()
	state, err := statefile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []Tag
	_, n := state.Head()
	for seq := range n {
		tag := sample()
		tag.Ledger, tag.Seq = state.Ledger(), seq+1
		tag.Head, _ = state.HashAt(seq + 1)
		all = append(all, tag)
	}
	return all
}

// R33: cut at every offset. A crash leaves no more than a part of what is behind
// the last anchor; anything shorter is damaged or contradicts the anchor, also
// where it is a sound ledger by itself.
func TestCutAtEveryOffset(t *testing.T) {
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	data = bytes.Join(lines[:12], nil)
	path := filepath.Join(t.TempDir(), "flexform.ledger")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	anchors := anchorsOf(t, path)
	sound, told := 0, 0
	for size := len(data) - 1; size >= 0; size-- {
		if err := os.Truncate(path, int64(size)); err != nil {
			t.Fatal(err)
		}
		state, err := statefile.Read(path)
		if err != nil {
			continue // an empty or a cut first entry
		}
		_, left := state.Head()
		if state.Torn() == 0 && bytes.HasSuffix(data[:size], []byte("\n")) {
			sound++ // nothing in the file tells
		}
		for _, a := range anchors {
			err := Check(state, a.Place, []Tag{a})
			refused, ok := errors.AsType[*ContradictedError](err)
			if a.Seq <= left && err != nil || a.Seq > left && (!ok || refused.Fault != Shorter || refused.Seq != left) {
				t.Fatalf("cut at %d, %d entries left: Check against the anchor of entry %d = %v", size, left, a.Seq, err)
			}
			if a.Seq > left {
				told++
			}
		}
	}
	if sound != 11 || told < 10000 {
		t.Errorf("%d cuts leave a sound ledger, want 11; %d were told by an anchor", sound, told)
	}
}

// R34: an older copy, another history and another ledger are refused, whichever
// anchors there are besides, and the anchors of other ledgers do not count.
func TestCheck(t *testing.T) {
	anchors := anchorsOf(t, golden)
	last := anchors[len(anchors)-1]
	state, err := statefile.Read(golden)
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(state, last.Place, anchors); err != nil {
		t.Errorf("Check of what was anchored = %v", err)
	}
	moved := last
	moved.Place = "elsewhere"
	rewritten := anchors[6]
	rewritten.Head = last.Head
	other := last
	other.Ledger = "ffff"
	stranger := other
	stranger.Place = "elsewhere"
	beyond := last
	beyond.Seq++
	for name, tt := range map[string]struct {
		state  Ledger
		more   Tag
		fault  Fault
		anchor uint64
	}{
		"no ledger":                      {&statefile.State{}, last, Missing, last.Seq},
		"a shorter one":                  {state, beyond, Shorter, beyond.Seq},
		"an entry rewritten":             {state, rewritten, Rewritten, 7},
		"another ledger in its place":    {state, other, Replaced, other.Seq},
		"the same ledger moved":          {state, moved, 0, 0},
		"another ledger somewhere else":  {state, stranger, 0, 0},
		"the same anchor, a second time": {state, last, 0, 0},
	} {
		err := Check(tt.state, last.Place, append([]Tag{tt.more}, anchors...))
		got, _ := errors.AsType[*ContradictedError](err)
		if tt.fault == 0 && err != nil || tt.fault != 0 && (got == nil || got.Fault != tt.fault || got.Anchor.Seq != tt.anchor || !strings.Contains(err.Error(), tt.more.Name())) {
			t.Errorf("%s: Check = %v, want fault %d at entry %d", name, err, tt.fault, tt.anchor)
		}
	}
}

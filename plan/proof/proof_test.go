package proof

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"flexform/dibs"
	"flexform/plan"
	"flexform/plan/approval"
	"flexform/schema"
	"flexform/statefile"
	"flexform/statefile/anchor"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const file = "transaction \"other\" {\n}\ntransaction \"order_1002\" {\n  refunded = \"50.00 DKK\"\n}\n"

func seeded(t testing.TB, seed byte) ssh.Signer {
	t.Helper()
	key, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A world is a ledger in which a plan was applied that two people approved, and
// whose head was anchored.
type world struct {
	bundle  Bundle
	signers []schema.Signer
	entries []statefile.Entry
}

func trusts(w *world) Trust { return Trust{Signers: w.signers} }

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{}
	keys := map[string]ssh.Signer{}
	for i, name := range []string{"anna@example.com", "bo@example.com", "keeper@example.com"} {
		keys[name] = seeded(t, byte(i+1))
		w.signers = append(w.signers, schema.Signer{Principals: []string{name}, Person: i, Key: keys[name].PublicKey()})
	}
	p := samplePlan(t)
	var err error
	if w.bundle.Plan, err = plan.Encode(p); err != nil {
		t.Fatal(err)
	}
	var approvers []string
	for _, name := range []string{"anna@example.com", "bo@example.com"} {
		s := approval.New(approval.Approve, p, name, noon, time.Hour)
		sig, err := approval.Sign(s, keys[name])
		if err != nil {
			t.Fatal(err)
		}
		w.bundle.Approvals = append(w.bundle.Approvals, Approval{string(s.Encode()), string(sig)})
		approvers = append(approvers, Approver{approval.Approve, name, ssh.FingerprintSHA256(keys[name].PublicKey())}.String())
	}
	w.bundle.Configuration = commitOf("refunds/main.hcl", file, 3)
	a := p.Body.Actions[0]
	step, err := a.Step()
	if err != nil {
		t.Fatal(err)
	}
	w.bundle.Action = statefile.ActionID(step, 1)
	w.fill(t, statefile.Begin{Plan: p.Digest, Mode: "test", Actions: 1, Actor: statefile.Actor{User: "ci", Host: "runner", PID: 7},
		Commit: ObjectID("commit", w.bundle.Configuration.Objects[0], 40), Author: "Cy <cy@example.com>", Version: "0.1.0", Approvers: strings.Join(approvers, ", ")},
		statefile.Intent{Action: w.bundle.Action, Plan: p.Digest, Address: a.Address, Merchant: a.Merchant, Transact: a.Transact, OrderID: a.OrderID, Verb: a.Verb, Currency: a.Currency,
			AmountMinor: a.AmountMinor, FromMinor: a.FromMinor, ToMinor: a.ToMinor, Attempt: 1, Class: string(a.Class), Status: 5, Reason: a.Reason},
		statefile.Outcome{Action: w.bundle.Action, Result: statefile.Accepted, Reply: "status=ACCEPTED&result=0"},
		statefile.Observed{Merchant: a.Merchant, Transact: a.Transact, Status: 8, Action: w.bundle.Action, Verdict: statefile.VerdictSettled},
		statefile.End{Plan: p.Digest, Accepted: 1})
	w.anchor(t, keys["keeper@example.com"])
	return w
}

func samplePlan(t testing.TB) *plan.Plan {
	t.Helper()
	status := dibs.StatusCaptured
	a := plan.Action{Address: "transaction.order_1002", Merchant: "12345678", Transact: "11111112", OrderID: "11223345", Verb: statefile.Refund, Currency: "DKK",
		AmountMinor: 20000, ToMinor: 5000, Attempt: 1, Class: plan.Counted, Status: status, Reason: "RMA 4411"}
	hash := "sha256:" + strings.Repeat("cd", 32)
	p, err := plan.Seal(plan.Draft{
		Body:   plan.Body{Mode: schema.ModeTest, SettingsDigest: hash, Summary: []plan.Sum{{Currency: "DKK", Verb: statefile.Refund, Count: 1, Minor: 5000, LargestMinor: 5000}}, Actions: []plan.Action{a}},
		Counts: plan.Counts{Declared: 1},
		Positions: []plan.Position{{Address: a.Address, Transact: a.Transact, Status: &status, Currency: "DKK",
			Captured: plan.Figure{Minor: 20000, Source: plan.FromDeclared}, Refunded: plan.Figure{Source: plan.FromGateway}}},
	}, plan.Envelope{CreatedAt: noon, ExpiresAt: noon.Add(72 * time.Hour), Version: "0.1.0", ConfigDigest: hash, Folder: "."})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fill writes a ledger, and takes all but its first entry into the bundle.
func (w *world) fill(t testing.TB, payloads ...statefile.Payload) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "flexform.ledger")
	now := noon
	ledger, err := statefile.Open(path, statefile.Options{Now: func() time.Time { now = now.Add(time.Second); return now }, Rand: bytes.NewReader(bytes.Repeat([]byte{7}, 64))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Append(t.Context(), payloads...); err != nil {
		t.Fatal(err)
	}
	w.bundle.Ledger = ledger.State().Ledger()
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	w.bundle.Entries, w.entries = nil, nil
	for e, err := range statefile.ReadEntries(path) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == statefile.KindCreated {
			continue
		}
		line, err := statefile.Line(e)
		if err != nil {
			t.Fatal(err)
		}
		w.bundle.Entries, w.entries = append(w.bundle.Entries, line), append(w.entries, e)
	}
}

func (w *world) anchor(t testing.TB, key ssh.Signer) {
	t.Helper()
	last := w.entries[len(w.entries)-1]
	tag := anchor.Tag{Statement: anchor.Statement{Ledger: w.bundle.Ledger, Place: "refunds/flexform.ledger", Seq: last.Seq, Head: last.Hash},
		Commit: strings.Repeat("12", 20), Tagger: "Keeper <keeper@example.com>", Time: noon.Add(time.Minute)}
	if key != nil {
		var err error
		if tag, err = tag.Sign(key); err != nil {
			t.Fatal(err)
		}
	}
	w.bundle.Anchor = tag.Encode()
}

// commitOf makes git's objects from a commit to a file of one folder.
func commitOf(path, text string, line int) *Configuration {
	folder, name, _ := strings.Cut(path, "/")
	raw := func(id string) string { b, _ := hex.DecodeString(id); return string(b) }
	blob := []byte(text)
	below := []byte("100644 " + name + "\x00" + raw(ObjectID("blob", blob, 40)))
	top := []byte("100644 README\x00" + raw(strings.Repeat("ab", 20)) + "40000 " + folder + "\x00" + raw(ObjectID("tree", below, 40)))
	commit := []byte("tree " + ObjectID("tree", top, 40) + "\nauthor Cy <cy@example.com> 1795768210 +0100\ncommitter Cy <cy@example.com> 1795768210 +0100\n\nrefund\n")
	return &Configuration{Path: path, Line: line, Objects: [][]byte{commit, top, below, blob}}
}

func encoded(t testing.TB, b Bundle) []byte {
	t.Helper()
	file, err := Encode(b)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestBundle(t *testing.T) {
	w := newWorld(t)
	for name, b := range map[string]Bundle{"all of it": w.bundle, "the least": {Action: w.bundle.Action, Ledger: w.bundle.Ledger, Entries: w.bundle.Entries}, "nothing": {}} {
		got, err := Decode(encoded(t, b))
		if diff := cmp.Diff(b, got); err != nil || diff != "" {
			t.Errorf("%s: Decode(Encode) (-want +got), %v:\n%s", name, err, diff)
		}
	}
}

func TestCheck(t *testing.T) {
	w := newWorld(t)
	v := Check(w.bundle, trusts(w))
	if !v.Proven() {
		t.Fatalf("Check = %+v", v)
	}
	proven := map[string]int{}
	for _, f := range v.Findings {
		if f.Standing == Proven {
			proven[f.Subject]++
		}
	}
	if diff := cmp.Diff(map[string]int{"anchor": 1, "action": 1, "plan": 1, "approval": 2, "commit": 1, "answer": 1, "later": 1}, proven); diff != "" {
		t.Errorf("proven (-want +got):\n%s", diff)
	}
	head := w.entries[len(w.entries)-1].Hash
	for name, tt := range map[string]struct {
		trust      Trust
		bound      bool
		unapproved int
	}{
		"nobody":           {Trust{}, false, 2},
		"the approvers":    {Trust{Signers: w.signers[:2]}, false, 0},
		"the keeper":       {Trust{Signers: w.signers[2:]}, true, 2},
		"one approver":     {Trust{Signers: w.signers[1:]}, true, 1},
		"a head":           {Trust{Head: head}, true, 2},
		"a head and two":   {Trust{Head: head, Signers: w.signers[:2]}, true, 0},
		"another head":     {Trust{Head: w.entries[0].Hash}, false, 2},
		"all, but a head":  {Trust{Head: w.entries[0].Hash, Signers: w.signers}, false, 0},
		"keys mixed up":    {Trust{Signers: []schema.Signer{{Principals: []string{"anna@example.com"}, Key: w.signers[1].Key}, w.signers[2]}}, true, 2},
		"a key too late":   {Trust{Signers: []schema.Signer{w.signers[0], w.signers[1], {Principals: w.signers[2].Principals, Key: w.signers[2].Key, ValidAfter: noon.Add(time.Hour)}}}, false, 0},
		"an approver's,no": {Trust{Signers: []schema.Signer{{Principals: w.signers[0].Principals, Key: w.signers[0].Key, Namespaces: []string{"git"}}, w.signers[1], w.signers[2]}}, true, 1},
	} {
		v := Check(w.bundle, tt.trust)
		if v.Refuted() || v.Bound != tt.bound || v.Unapproved != tt.unapproved || v.Proven() != (tt.bound && tt.unapproved == 0) {
			t.Errorf("trusting %s: %+v, want bound %v and %d unapproved", name, v, tt.bound, tt.unapproved)
		}
	}
}

// What contradicts itself is refuted, however it is put together.
func TestCheckRefutes(t *testing.T) {
	for name, forge := range map[string]func(*testing.T, *world){
		"no entries": func(_ *testing.T, w *world) { w.bundle.Entries = nil },
		"an entry left out": func(_ *testing.T, w *world) {
			w.bundle.Entries = append(w.bundle.Entries[:2:2], w.bundle.Entries[3:]...)
		},
		"entries swapped":   func(_ *testing.T, w *world) { e := w.bundle.Entries; e[2], e[3] = e[3], e[2] },
		"the end cut off":   func(_ *testing.T, w *world) { w.bundle.Entries = w.bundle.Entries[:4] },
		"the begin cut off": func(_ *testing.T, w *world) { w.bundle.Entries = w.bundle.Entries[1:] },
		"another action":    func(_ *testing.T, w *world) { w.bundle.Action += "0" },
		"another ledger":    func(_ *testing.T, w *world) { w.bundle.Ledger = "ffff" },
		"another plan": func(t *testing.T, w *world) {
			w.bundle.Plan = bytes.Replace(w.bundle.Plan, []byte("0.1.0"), []byte("0.1.1"), 1)
		},
		"an approval changed": func(_ *testing.T, w *world) {
			a := &w.bundle.Approvals[0]
			a.Text = strings.Replace(a.Text, "anna", "bert", 1)
		},
		"signatures swapped": func(_ *testing.T, w *world) {
			a := w.bundle.Approvals
			a[0].Signature, a[1].Signature = a[1].Signature, a[0].Signature
		},
		"an approval twice":    func(_ *testing.T, w *world) { w.bundle.Approvals = append(w.bundle.Approvals, w.bundle.Approvals[0]) },
		"an approval left out": func(_ *testing.T, w *world) { w.bundle.Approvals = w.bundle.Approvals[:1] },
		"another line":         func(_ *testing.T, w *world) { w.bundle.Configuration.Line = 1 },
		"no such line":         func(_ *testing.T, w *world) { w.bundle.Configuration.Line = 99 },
		"another file": func(_ *testing.T, w *world) {
			w.bundle.Configuration.Objects[3] = []byte(strings.Replace(file, "50", "80", 1))
		},
		"another path":         func(_ *testing.T, w *world) { w.bundle.Configuration.Path = "refunds/other.hcl" },
		"another commit":       func(_ *testing.T, w *world) { w.bundle.Configuration = commitOf("refunds/main.hcl", file+"\n", 3) },
		"an anchor of another": func(t *testing.T, w *world) { w.entries = w.entries[:3]; w.anchor(t, seeded(t, 3)) },
		"a tag that is no tag": func(_ *testing.T, w *world) { w.bundle.Anchor = w.bundle.Anchor[1:] },
		"a signature of others": func(_ *testing.T, w *world) {
			w.bundle.Anchor = bytes.Replace(w.bundle.Anchor, []byte("Keeper <"), []byte("Kee <"), 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			forge(t, w)
			if v := Check(w.bundle, trusts(w)); !v.Refuted() && !(name == "an approval left out" && !v.Proven()) {
				t.Errorf("Check = %+v, want it refuted", v)
			}
		})
	}
}

// A glass that was broken is said by whom and why, and held against what they
// signed.
func TestCheckBrokenGlass(t *testing.T) {
	w := newWorld(t)
	p := samplePlan(t)
	s := approval.New(approval.Break, p, "bo@example.com", noon, time.Hour)
	s.Reason = "INC 812: paid out twice"
	sig, err := approval.Sign(s, seeded(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	begin := *w.entries[0].Begin
	begin.Approvers, begin.BreakGlass, begin.BrokenBy, begin.Settings = "", s.Reason, Approver{approval.Break, "bo@example.com", ssh.FingerprintSHA256(w.signers[1].Key)}.String(), p.Body.SettingsDigest
	w.bundle.Approvals = []Approval{{string(s.Encode()), string(sig)}}
	build := func(b statefile.Begin) Verdict {
		w.fill(t, b, *w.entries[1].Intent)
		w.anchor(t, seeded(t, 3))
		return Check(w.bundle, trusts(w))
	}
	v := build(begin)
	if !v.Proven() || !strings.Contains(fmt.Sprint(v.Findings), "bo@example.com (SHA256:") || !strings.Contains(fmt.Sprint(v.Findings), "broke the glass for plan "+p.Digest) || !strings.Contains(fmt.Sprint(v.Findings), "because: INC 812") {
		t.Errorf("Check of a broken glass = %+v", v)
	}
	other := begin
	other.BreakGlass = "INC 813"
	if v := build(other); !v.Refuted() {
		t.Errorf("Check of another reason = %+v", v)
	}
	as := begin
	as.Approvers, as.BreakGlass, as.BrokenBy = begin.BrokenBy, "", ""
	if v := build(as); !v.Refuted() {
		t.Errorf("Check of a broken glass that is told as an approval = %+v", v)
	}
	settings := begin
	settings.Settings = "sha256:" + strings.Repeat("ee", 32)
	if v := build(settings); !v.Refuted() {
		t.Errorf("Check of other settings = %+v", v)
	}
}

// An anchor that nobody signed binds nothing, and neither does none.
func TestCheckWithoutAnchor(t *testing.T) {
	w := newWorld(t)
	w.anchor(t, nil)
	if v := Check(w.bundle, trusts(w)); v.Bound || v.Refuted() {
		t.Errorf("Check of an unsigned anchor = %+v", v)
	}
	w.bundle.Anchor = nil
	if v := Check(w.bundle, trusts(w)); v.Bound || v.Refuted() {
		t.Errorf("Check without an anchor = %+v", v)
	}
}

// reseal puts the right seal on a file whose content was changed.
func reseal(file []byte) []byte {
	at := len(file) - len(sealStart) - 2*sha256.Size - len(sealEnd)
	sum := sha256.Sum256(file[:at])
	return fmt.Appendf(bytes.Clone(file[:at]), "%s%x%s", sealStart, sum, sealEnd)
}

// Every flipped bit of a bundle is refused. With a seal made anew it is refused,
// or refuted, or not proven; or it changes nothing that is stated.
func TestFlipEveryByte(t *testing.T) {
	w := newWorld(t)
	good := encoded(t, w.bundle)
	want := Check(w.bundle, trusts(w))
	for i := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := Decode(bad); err == nil {
			t.Fatalf("bit %d of byte %d can be changed", i%8, i/8)
		}
	}
	read, proven := 0, 0
	content := bytes.LastIndex(good, []byte(sealStart))
	for i := range content {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 7)
		b, err := Decode(reseal(bad))
		if err != nil {
			continue
		}
		read++
		if v := Check(b, trusts(w)); v.Proven() {
			proven++
			if diff := cmp.Diff(want, v); diff != "" {
				t.Errorf("byte %d of %d can be changed, and then it is proven (-want +got):\n%s", i, len(good), diff)
			}
		}
	}
	// The newline behind the armour of a signature says nothing.
	if read < 1000 || proven > 2 {
		t.Errorf("%d changed bundles were read, %d of them proven", read, proven)
	}
	t.Logf("%d bytes: %d with a seal made anew read, %d of them proven, with the same words", content, read, proven)
}

// Whatever a file holds, what is read is what would be written, and checking it
// ends.
func FuzzDecode(f *testing.F) {
	w := newWorld(f)
	f.Add(encoded(f, w.bundle))
	f.Add(encoded(f, Bundle{}))
	w.bundle.Plan, w.bundle.Configuration = nil, nil
	f.Add(encoded(f, w.bundle))
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > len(sealStart)+2*sha256.Size+len(sealEnd) {
			file = reseal(file)
		}
		b, err := Decode(file)
		if err != nil {
			return
		}
		if again, err := Encode(b); err != nil || !bytes.Equal(again, file) {
			t.Fatalf("Decode reads what Encode does not write: %q, %v", file, err)
		}
		if v := Check(b, trusts(w)); v.Proven() && !bytes.Contains(file, w.bundle.Anchor[:40]) {
			t.Errorf("%q is proven, and nobody signed it", file)
		}
	})
}

// R37: a crafted bundle takes memory in proportion to its size.
func TestDecodeMemory(t *testing.T) {
	const size = 1 << 20
	crafted := func(head, line, tail string) []byte {
		return reseal([]byte(beginText + head + strings.Repeat(line, size/len(line)) + tail + sealStart + strings.Repeat("0", 64) + sealEnd))
	}
	start := "  \"action\": \"\",\n  \"ledger\": \"\",\n"
	for name, file := range map[string][]byte{
		"short entries":      crafted(start+"  \"entries\": [\n", "    {},\n", "  ],\n"),
		"empty lines":        crafted(start, "\n", ""),
		"entries":            crafted(start+"  \"entries\": [\n", "    "+strings.Repeat("x", leastEntry)+",\n", "  ],\n"),
		"approvals":          crafted(start+"  \"entries\": [],\n  \"plan\": null,\n  \"approvals\": [\n", "    {},\n", "  ],\n"),
		"a deep plan":        crafted(start+"  \"entries\": [],\n  \"plan\": ", "[", ",\n"),
		"a long plan":        crafted(start+"  \"entries\": [],\n  \"plan\": \"", "a", "\",\n  \"approvals\": [],\n  \"configuration\": null,\n  \"anchor\": null,\n"),
		"many empty objects": crafted(start+"  \"entries\": [],\n  \"plan\": null,\n  \"approvals\": [],\n  \"configuration\": {\"path\":\"\",\"line\":1,\"objects\":[", "\"\",", "\"\"]},\n  \"anchor\": null,\n"),
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		b, err := Decode(file)
		runtime.ReadMemStats(&after)
		if (err == nil) != (name == "a long plan") {
			t.Errorf("%s: Decode = %v", name, err)
		}
		if all := int64(after.TotalAlloc - before.TotalAlloc); all > 12*int64(len(file)) {
			t.Errorf("%s: %d bytes take %d", name, len(file), all)
		}
		runtime.KeepAlive(b)
	}
}

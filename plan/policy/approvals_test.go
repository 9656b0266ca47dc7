package policy

import (
	"bytes"
	"crypto/ed25519"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"flexform/plan"
	"flexform/plan/approval"
	"flexform/schema"
	"flexform/statefile"
)

var sets = flag.Int("approval-sets", 2000, "how many random sets of signatures TestApprovalsAgainstOracle counts")

// keyOf is the throw-away key of a name.
func keyOf(t testing.TB, name string) ssh.Signer {
	t.Helper()
	key, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed([]byte(fmt.Sprintf("%-32s", name))))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A hand is a key with the person behind it, as the oracle knows them.
type hand struct {
	key    string
	person string // "" is nobody of the allowed signers
	names  []string
}

var hands = []hand{
	{"anna", "anna", []string{"anna@example.com", "anna@home.example"}},
	{"anna2", "anna", []string{"anna@home.example"}},
	{"bo", "bo", []string{"bo@example.com"}},
	{"cy", "cy", []string{"cy@example.com"}},
	{"author", "author", []string{"author@example.com", "writer@example.com"}},
	{"author2", "author", []string{"author@example.com"}},
	{"maker", "maker", []string{"maker@example.com"}},
	{"old", "old", []string{"old@example.com"}},
	{"stranger", "", []string{"stranger@example.com"}},
}

// bookOf is hands as the settings have them.
func bookOf(t testing.TB) []schema.Signer {
	t.Helper()
	var all []schema.Signer
	persons := map[string]int{}
	for i, h := range hands {
		if h.person == "" {
			continue
		}
		if _, known := persons[h.person]; !known {
			persons[h.person] = i
		}
		s := schema.Signer{Principals: h.names, Person: persons[h.person], Key: keyOf(t, h.key).PublicKey()}
		if h.key == "old" {
			s.ValidBefore = noon.Add(-24 * time.Hour)
		}
		all = append(all, s)
	}
	return all
}

// approvable is a world whose settings ask for approvals: its plan moves
// 530.00 DKK, 200.00 DKK the largest.
func approvable(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.config.Approvals = schema.Approvals{Signers: bookOf(t), Signatures: 1, Expires: 24 * time.Hour}
	e := w.plan.Envelope
	e.Makers = []string{"root", "Maker@example.com"}
	p, err := plan.Seal(plan.Draft{Body: w.plan.Body, Counts: e.Counts, Positions: e.Positions}, e)
	if err != nil {
		t.Fatal(err)
	}
	w.plan = p
	w.facts.Signatures.Authors = []string{"writer@example.com"}
	return w
}

// sign makes the statement of a hand with its signature.
func sign(t testing.TB, h hand, s approval.Statement) approval.File {
	t.Helper()
	sig, err := approval.Sign(s, keyOf(t, h.key))
	if err != nil {
		t.Fatal(err)
	}
	return approval.File{Name: s.FileName("plan.json"), Text: s.Encode(), Signature: sig}
}

func (w *world) approves(t testing.TB, h hand) approval.File {
	t.Helper()
	return sign(t, h, approval.New(approval.Approve, w.plan, h.names[0], w.facts.Now.Add(-time.Minute), time.Hour))
}

func TestCheckNeedsApprovals(t *testing.T) {
	two := schema.Tier{Currency: dkk(t, 1).Currency(), PlanAbove: dkk(t, 10000), Signatures: 2}
	for name, tt := range map[string]struct {
		change func(*world)
		says   string // of the refusal; "" when the plan may be carried out
	}{
		"nobody":                {func(*world) {}, "It needs 1 signature (every plan does"},
		"one":                   {func(w *world) { w.add(w.approves(t, hands[0])) }, ""},
		"one of two":            {func(w *world) { w.tier(two); w.add(w.approves(t, hands[0])) }, "It needs 2 signatures (its 530.00 DKK are more than 100.00 DKK"},
		"two of two":            {func(w *world) { w.tier(two); w.add(w.approves(t, hands[0]), w.approves(t, hands[2])) }, ""},
		"one person twice":      {func(w *world) { w.tier(two); w.add(w.approves(t, hands[0]), w.approves(t, hands[1])) }, "1 missing"},
		"the author":            {func(w *world) { w.add(w.approves(t, hands[4])) }, "who made the change does not approve it"},
		"another of their keys": {func(w *world) { w.add(w.approves(t, hands[5])) }, "who made the change does not approve it"},
		"the maker":             {func(w *world) { w.add(w.approves(t, hands[6])) }, "who made the plan does not approve it"},
		"the maker's login":     {func(w *world) { w.made(t, "BO"); w.add(w.approves(t, hands[2])) }, "who made the plan does not approve it"},
		"no maker":              {func(w *world) { w.made(t); w.add(w.approves(t, hands[0])) }, "does not say who made it"},
		"authors not known":     {func(w *world) { w.facts.Signatures.Unknown = "no git"; w.add(w.approves(t, hands[0])) }, "who changed the configuration is not known: no git"},
		"a key that is over":    {func(w *world) { w.add(w.approves(t, hands[7])) }, "the key may not sign at that time"},
		"a stranger":            {func(w *world) { w.add(w.approves(t, hands[8])) }, "is not one of the allowed signers'"},
		"the time to think":     {func(w *world) { w.config.Approvals.Hold = 2 * time.Minute; w.add(w.approves(t, hands[0])) }, "It can be applied from 2026-11-21T13:01:00Z on"},
		"the time is over":      {func(w *world) { w.config.Approvals.Hold = time.Minute; w.add(w.approves(t, hands[0])) }, ""},
		"cancelled": {func(w *world) {
			w.add(w.approves(t, hands[0]), sign(t, hands[4], approval.New(approval.Cancel, w.plan, "author@example.com", noon, 0)))
		}, "Cancelled: author@example.com cancelled it"},
		"perhaps cancelled": {func(w *world) { w.add(w.approves(t, hands[0]), approval.File{Name: "plan.json.x.cancellation"}) }, "may cancel it, and cannot be verified"},
	} {
		t.Run(name, func(t *testing.T) {
			w := approvable(t)
			tt.change(w)
			approved, err := Check(w.plan, w.facts)
			switch {
			case tt.says == "" && (err != nil || len(approved.Approvers()) == 0):
				t.Errorf("Check = %v, %v", approved.Approvers(), err)
			case tt.says != "" && (reason(err) != NotApproved || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("Check = %v, want %s with %q", err, NotApproved, tt.says)
			}
		})
	}
}

// breaks is the statement of a hand that breaks the glass.
func (w *world) breaks(t testing.TB, h hand, change func(*approval.Statement)) approval.File {
	t.Helper()
	s := approval.New(approval.Break, w.plan, h.names[0], w.facts.Now.Add(-time.Minute), 24*time.Hour)
	s.Reason = "INC 812"
	if change != nil {
		change(&s)
	}
	return sign(t, h, s)
}

// A broken glass passes approvals and the time to think by, for those whom the
// settings name, and nothing else.
func TestBreakGlass(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*world)
		want   Reason // "" when the plan may be carried out
		broken bool   // the record says so
	}{
		"by who may":             {func(w *world) { w.add(w.breaks(t, hands[0], nil)) }, "", true},
		"with another key":       {func(w *world) { w.add(w.breaks(t, hands[1], nil)) }, "", true},
		"by the author, who may": {func(w *world) { w.add(w.breaks(t, hands[4], nil)) }, "", true},
		"by who may not":         {func(w *world) { w.add(w.breaks(t, hands[2], nil)) }, NotApproved, false},
		"by a name like it":      {func(w *world) { w.config.Approvals.BreakGlass = []string{"bo"}; w.add(w.breaks(t, hands[2], nil)) }, NotApproved, false},
		"by a stranger":          {func(w *world) { w.add(w.breaks(t, hands[8], nil)) }, NotApproved, false},
		"where nobody may":       {func(w *world) { w.config.Approvals.BreakGlass = nil; w.add(w.breaks(t, hands[0], nil)) }, NotApproved, false},
		"of another plan": {func(w *world) {
			w.add(w.breaks(t, hands[0], func(s *approval.Statement) { s.Plan = "sha256:" + strings.Repeat("0", 64) }))
		}, NotApproved, false},
		"of another mode": {func(w *world) { w.add(w.breaks(t, hands[0], func(s *approval.Statement) { s.Mode = schema.ModeLive })) }, NotApproved, false},
		"too long ago": {func(w *world) {
			w.add(w.breaks(t, hands[0], func(s *approval.Statement) { s.SignedAt, s.ExpiresAt = s.SignedAt.Add(-4*time.Hour), s.SignedAt }))
		}, NotApproved, false},
		"for too long": {func(w *world) {
			w.add(w.breaks(t, hands[0], func(s *approval.Statement) { s.ExpiresAt = s.SignedAt.Add(5 * time.Hour) }))
		}, NotApproved, false},
		"before the time is over": {func(w *world) {
			w.config.Approvals.Hold = time.Hour
			w.add(w.approves(t, hands[2]), w.breaks(t, hands[0], nil))
		}, "", true},
		"where none was needed": {func(w *world) { w.add(w.approves(t, hands[2]), w.breaks(t, hands[0], nil)) }, "", false},
		"authors not known":     {func(w *world) { w.facts.Signatures.Unknown = "no git"; w.add(w.breaks(t, hands[0], nil)) }, "", true},
		"of a cancelled plan": {func(w *world) {
			w.add(w.breaks(t, hands[0], nil), sign(t, hands[2], approval.New(approval.Cancel, w.plan, "bo@example.com", noon, 0)))
		}, NotApproved, false},
		"beyond the limits": {func(w *world) {
			w.config.Limits = []schema.MerchantLimits{{Merchant: "12345678", Limits: []schema.Limit{limit("refund", func(l *schema.Limit) { l.CountPerPlan = 1 })}}}
			w.add(w.breaks(t, hands[0], nil))
		}, OverLimit, false},
		"against a check": {func(w *world) {
			checks, err := checksOf(t, checkText("a", "error", "plan.counts.refund < 2", `"no"`))
			if err != nil {
				t.Fatal(err)
			}
			w.config.Checks = checks
			w.add(w.breaks(t, hands[0], nil))
		}, CheckFailed, false},
		"with other settings":   {func(w *world) { w.config.SettingsDigest = "sha256:x"; w.add(w.breaks(t, hands[0], nil)) }, StaleSettings, false},
		"without its rehearsal": {func(w *world) { w.config.Approvals.Rehearsal = true; w.add(w.breaks(t, hands[0], nil)) }, NotRehearsed, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := approvable(t)
			w.config.Approvals.BreakGlass = []string{"anna@home.example", "author@example.com"}
			w.tier(schema.Tier{Currency: dkk(t, 1).Currency(), PlanAbove: dkk(t, 10000000), Signatures: 2})
			tt.change(w)
			approved, err := Check(w.plan, w.facts)
			broken, ok := approved.Broken()
			if reason(err) != tt.want || ok != tt.broken || ok && broken.Reason != "INC 812" {
				t.Errorf("Check = %v, broken %+v, want %q, %t", err, broken, tt.want, tt.broken)
			}
		})
	}
}

// A cancellation in the ledger outlives its file: what was signed before it is
// worth nothing, and what is signed after it counts again.
func TestCancelledInTheLedger(t *testing.T) {
	w := approvable(t)
	w.config.Approvals.BreakGlass = []string{"anna@example.com"}
	early, glass := w.approves(t, hands[0]), w.breaks(t, hands[0], nil) // 12:59
	w.add(early, glass)
	if _, err := Check(w.plan, w.facts); err != nil {
		t.Fatal(err)
	}
	w.write(t, statefile.Cancelled{Plan: "sha256:another", Signer: "bo"})
	if _, err := Check(w.plan, w.facts); err != nil {
		t.Fatalf("Check with another plan cancelled = %v", err)
	}
	w.write(t, statefile.Cancelled{Plan: w.plan.Digest, Signer: "bo"}) // the ledger's clock stands at 12:00
	if _, err := Check(w.plan, w.facts); err != nil {
		t.Fatalf("Check with signatures of after it = %v", err)
	}
	for name, s := range map[string]approval.File{
		"an approval":  sign(t, hands[0], approval.New(approval.Approve, w.plan, "anna@example.com", noon, time.Hour)),
		"broken glass": w.breaks(t, hands[0], func(s *approval.Statement) { s.SignedAt = noon }),
	} {
		w.facts.Signatures.Files = []approval.File{s}
		w.facts.Now = noon.Add(time.Minute)
		if _, err := Check(w.plan, w.facts); reason(err) != NotApproved || !strings.Contains(err.Error(), "bo cancelled the plan after it") {
			t.Errorf("Check with %s of that moment = %v, want %s", name, err, NotApproved)
		}
	}
}

// A rehearsal that the settings ask for is the process's own, of this very plan.
func TestCheckNeedsRehearsal(t *testing.T) {
	w := approvable(t)
	w.config.Approvals.Rehearsal = true
	if _, err := Check(w.plan, w.facts); reason(err) != NotApproved {
		t.Errorf("Check without approvals = %v, want %s before anything is rehearsed", err, NotApproved)
	}
	w.add(w.approves(t, hands[0]))
	for name, of := range map[string]string{"none": "", "another plan": "sha256:" + strings.Repeat("0", 64)} {
		w.facts.Rehearsed = of
		if _, err := Check(w.plan, w.facts); reason(err) != NotRehearsed {
			t.Errorf("Check with a rehearsal of %s = %v, want %s", name, err, NotRehearsed)
		}
	}
	w.facts.Rehearsed = w.plan.Digest
	if _, err := Check(w.plan, w.facts); err != nil {
		t.Errorf("Check = %v", err)
	}
}

func (w *world) add(files ...approval.File) {
	w.facts.Signatures.Files = append(w.facts.Signatures.Files, files...)
}

func (w *world) tier(t schema.Tier) { w.config.Approvals.Tiers = append(w.config.Approvals.Tiers, t) }

// made says who planned, and seals the plan anew.
func (w *world) made(t testing.TB, names ...string) {
	t.Helper()
	e := w.plan.Envelope
	e.Makers = names
	p, err := plan.Seal(plan.Draft{Body: w.plan.Body, Counts: e.Counts, Positions: e.Positions}, e)
	if err != nil {
		t.Fatal(err)
	}
	w.plan = p
}

func TestNeeded(t *testing.T) {
	w := approvable(t)
	c := dkk(t, 1).Currency()
	rules := w.config.Approvals
	for name, tt := range map[string]struct {
		tiers []schema.Tier
		want  int
	}{
		"no tier":             {nil, 1},
		"a sum just reached":  {[]schema.Tier{{Currency: c, PlanAbove: dkk(t, 53000), Signatures: 2}}, 1},
		"a sum passed":        {[]schema.Tier{{Currency: c, PlanAbove: dkk(t, 52999), Signatures: 2}}, 2},
		"one just reached":    {[]schema.Tier{{Currency: c, ActionAbove: dkk(t, 20000), Signatures: 2}}, 1},
		"one passed":          {[]schema.Tier{{Currency: c, ActionAbove: dkk(t, 19999), Signatures: 3}}, 3},
		"the highest decides": {[]schema.Tier{{Currency: c, ActionAbove: dkk(t, 1), Signatures: 3}, {Currency: c, PlanAbove: dkk(t, 1), Signatures: 2}}, 3},
		"either bound":        {[]schema.Tier{{Currency: c, PlanAbove: dkk(t, 900000), ActionAbove: dkk(t, 1), Signatures: 2}}, 2},
	} {
		rules.Tiers = tt.tiers
		if got, why := needed(w.plan, rules); got != tt.want {
			t.Errorf("%s: needed = %d (%s), want %d", name, got, why, tt.want)
		}
	}
}

// A mark is one signature that somebody could put beside a plan.
type mark struct {
	hand                         int
	name                         int // of the hand's names; -1: bo's
	cancel, otherPlan, otherMode bool
	otherUse, changed, glass     bool
	age, life                    time.Duration
}

func anyMark(r *rand.Rand) mark {
	odd := func() bool { return r.IntN(12) == 0 }
	m := mark{
		hand: r.IntN(len(hands)), cancel: r.IntN(40) == 0, otherPlan: odd(), otherMode: odd(), otherUse: odd(), changed: odd(), glass: odd(),
		age:  []time.Duration{30 * time.Hour, 3 * time.Hour, 2 * time.Hour, time.Hour, 20 * time.Minute, 10 * time.Minute, time.Minute, -time.Minute, -time.Hour}[r.IntN(9)],
		life: []time.Duration{time.Hour, 24 * time.Hour, 72 * time.Hour, 73 * time.Hour}[r.IntN(4)],
	}
	m.name = r.IntN(len(hands[m.hand].names))
	if odd() {
		m.name = -1
	}
	return m
}

// file is the mark as it stands beside the plan.
func (m mark) file(t testing.TB, w *world) approval.File {
	h, s := hands[m.hand], approval.Statement{
		Kind: approval.Approve, Plan: w.plan.Digest, Mode: w.plan.Body.Mode, Signer: m.signer(), SignedAt: w.facts.Now.Add(-m.age),
	}
	switch {
	case m.cancel:
		s.Kind = approval.Cancel
	case m.glass:
		s.Kind, s.Reason = approval.Break, "why"
		fallthrough
	default:
		s.ExpiresAt = s.SignedAt.Add(m.life)
	}
	if m.otherPlan {
		s.Plan = "sha256:" + strings.Repeat("0", 64)
	}
	if m.otherMode {
		s.Mode = schema.ModeLive
	}
	f := sign(t, h, s)
	if m.otherUse {
		sig, err := sshsig.Sign(bytes.NewReader(f.Text), keyOf(t, h.key), sshsig.HashSHA512, "git")
		if err != nil {
			t.Fatal(err)
		}
		f.Signature = sshsig.Armor(sig)
	}
	if m.changed { // after it was signed: a longer life, or a cancellation made older
		s.SignedAt = s.SignedAt.Add(-time.Second)
		f.Text = s.Encode()
	}
	return f
}

func (m mark) signer() string {
	if m.name < 0 {
		return "bo@example.com"
	}
	return hands[m.hand].names[m.name]
}

func (m mark) genuine() bool {
	h := hands[m.hand]
	return h.person != "" && !m.otherUse && !m.changed && slices.Contains(h.names, m.signer())
}

// counts is what one approval is worth by itself, in the oracle's words.
func (m mark) counts(life time.Duration) bool {
	person := hands[m.hand].person
	return m.genuine() && !m.cancel && !m.glass && !m.otherPlan && !m.otherMode &&
		person != "author" && person != "maker" && person != "old" &&
		m.age >= -maxSkew && m.age < m.life && m.life <= life
}

// breaks reports whether a mark breaks the glass by itself.
func (m mark) breaks(life time.Duration, who []string) bool {
	return m.genuine() && m.glass && !m.cancel && !m.otherPlan && !m.otherMode && m.age >= -maxSkew && m.age < m.life &&
		m.life <= min(life, 4*time.Hour) && hands[m.hand].person != "old" && slices.Contains(who, hands[m.hand].person)
}

// allowed is the slow oracle: some set of as many marks as are needed, each of
// another person, was complete long enough ago, or somebody who may broke the
// glass; and nobody cancelled.
func allowed(marks []mark, needed int, life, hold time.Duration, who []string) bool {
	for _, m := range marks {
		if m.cancel && (!m.otherPlan || !m.genuine()) {
			return false
		}
	}
	if slices.ContainsFunc(marks, func(m mark) bool { return m.breaks(life, who) }) {
		return true
	}
	for subset := range 1 << len(marks) {
		people, fits, youngest := map[string]bool{}, true, time.Duration(1<<62)
		for i, m := range marks {
			if subset>>i&1 == 0 {
				continue
			}
			person := hands[m.hand].person
			fits = fits && m.counts(life) && !people[person]
			people[person] = true
			youngest = min(youngest, m.age)
		}
		if fits && len(people) == needed && (hold == 0 || youngest >= hold) {
			return true
		}
	}
	return false
}

// PROP, R83: whatever stands beside a plan, it may be carried out exactly when
// the slow oracle says so.
func TestApprovalsAgainstOracle(t *testing.T) {
	w := approvable(t)
	r := rand.New(rand.NewPCG(83, uint64(*sets)))
	files := map[mark]approval.File{}
	passed := 0
	for n := range *sets {
		marks := make([]mark, r.IntN(9))
		w.facts.Signatures.Files = nil
		for i := range marks {
			if marks[i] = anyMark(r); i > 0 && r.IntN(4) == 0 {
				marks[i] = marks[i-1] // a copy under another name
			}
			f, known := files[marks[i]]
			if !known {
				f = marks[i].file(t, w)
				files[marks[i]] = f
			}
			w.add(f)
		}
		needed := 1 + r.IntN(3)
		life := []time.Duration{24 * time.Hour, 72 * time.Hour}[r.IntN(2)]
		hold := []time.Duration{0, 0, 10 * time.Minute, 150 * time.Minute}[r.IntN(4)]
		w.config.Approvals.Signatures, w.config.Approvals.Expires, w.config.Approvals.Hold = needed, life, hold
		who := [][]string{nil, {"anna"}, {"old", "author"}}[r.IntN(3)]
		w.config.Approvals.BreakGlass = nil
		for _, person := range who {
			w.config.Approvals.BreakGlass = append(w.config.Approvals.BreakGlass, person+"@example.com")
		}
		got, want := approved(w.plan, w.facts) == nil, allowed(marks, needed, life, hold, who)
		if got != want {
			t.Fatalf("set %d: approved = %t, the oracle says %t: %d needed, life %s, hold %s, marks\n%+v\n%+v", n, got, want, needed, life, hold, marks, Approvals(w.plan, w.facts))
		}
		if got {
			passed++
		}
	}
	if passed < *sets/50 || passed > *sets*9/10 {
		t.Errorf("%d of %d sets pass: the test proves little", passed, *sets)
	}
	t.Logf("%d of %d sets pass", passed, *sets)
}

// A plan that was approved and applied is not approved again (R83).
func TestApprovalIsSingleUse(t *testing.T) {
	w := approvable(t)
	w.add(w.approves(t, hands[0]))
	if _, err := Check(w.plan, w.facts); err != nil {
		t.Fatal(err)
	}
	w.write(t, statefile.Begin{Plan: w.plan.Digest, Mode: "test", Actions: 4}, w.intent(w.plan.Digest, "transaction.all", "33333333", 15000, 1))
	w.facts.State = w.file.State()
	if _, err := Check(w.plan, w.facts); reason(err) != AlreadyApplied {
		t.Errorf("Check = %v, want %s", err, AlreadyApplied)
	}
}

func TestApprovalLines(t *testing.T) {
	a := Approval{Needed: 2, Tier: "every plan does, main.hcl:1", Approvers: []Approver{{Name: "anna", At: noon}}, Ignored: []string{"x: why"}, Cancelled: []string{"bo cancelled it"}}
	want := []string{
		"Cancelled: bo cancelled it. A plan with this digest is not applied any more.",
		"It needs 2 signatures (every plan does, main.hcl:1), and has 1; 1 missing.",
		"Signed by anna at 2026-11-21T12:00:00Z.", "Not counted: x: why.",
	}
	if diff := cmp.Diff(want, a.Lines(noon)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

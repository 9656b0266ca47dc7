package proof

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"

	"flexform/plan"
	"flexform/plan/approval"
	"flexform/schema"
	"flexform/statefile"
	"flexform/statefile/anchor"
)

// A Standing says what a statement of a bundle is worth. The zero value is
// invalid.
type Standing uint8

const (
	_      Standing = iota
	Proven          // by what the reader trusts, or by arithmetic from it
	Said            // by the bundle, and nothing contradicts it
	Wrong           // contradicted by the bundle itself
)

// A Finding is one statement.
type Finding struct {
	Standing Standing
	Subject  string // a word, such as "approval"
	Text     string // not escaped: it can hold what people wrote
}

// Trust is what the reader brings. The zero Trust is nothing.
type Trust struct {
	Signers []schema.Signer // whose signatures count
	Head    string          // hash of an entry that the reader knows to be in the ledger
}

// A Verdict is what a bundle is worth to a reader.
type Verdict struct {
	Intent   statefile.Entry // the action; the zero Entry when the bundle does not hold it
	Findings []Finding
	Bound    bool // the reader's trust reaches the entries
	// OtherHead reports that the hash that the reader knows is not that of the
	// last entry. Then nothing is bound, whoever signed the anchor.
	OtherHead bool
	// Unapproved counts the approvers whom the record names and whose signature
	// is not shown to the reader.
	Unapproved int
}

// Refuted reports whether something in the bundle is wrong.
func (v Verdict) Refuted() bool {
	return slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Standing == Wrong })
}

// Proven reports whether the action, and whoever is said to have approved it, is
// shown by what the reader trusts.
func (v Verdict) Proven() bool { return !v.Refuted() && v.Bound && v.Unapproved == 0 }

// A checker gathers findings.
type checker struct {
	Verdict
	bundle  Bundle
	trust   Trust
	entries []statefile.Entry
	begin   statefile.Entry
	step    statefile.Step
}

func (c *checker) find(s Standing, subject, format string, args ...any) {
	c.Findings = append(c.Findings, Finding{s, subject, fmt.Sprintf(format, args...)})
}

// recorded is the standing of what the entries say: proven to have been written
// then, once the chain is bound; whether it was so is the writer's word.
func (c *checker) recorded() Standing {
	if c.Bound {
		return Proven
	}
	return Said
}

// Check looks at every statement of a bundle. It reads nothing else.
func Check(b Bundle, trust Trust) Verdict {
	c := &checker{bundle: b, trust: trust}
	var err error
	if c.entries, err = statefile.VerifyRun(b.Entries); err != nil {
		c.find(Wrong, "chain", "the entries do not follow each other: %v", err)
		return c.Verdict
	}
	if len(c.entries) == 0 {
		c.find(Wrong, "chain", "there are no entries")
		return c.Verdict
	}
	c.chain()
	if !c.action() {
		return c.Verdict
	}
	c.plan()
	c.approvals()
	c.configuration()
	c.answer()
	return c.Verdict
}

// chain binds the run of entries to what the reader trusts.
func (c *checker) chain() {
	first, last := c.entries[0], c.entries[len(c.entries)-1]
	run := fmt.Sprintf("entries %d to %d follow each other", first.Seq, last.Seq)
	if c.trust.Head == last.Hash {
		c.Bound = true
		c.find(Proven, "chain", "%s, and entry %d is the one that you know, %s", run, last.Seq, last.Hash)
	} else if c.trust.Head != "" {
		c.OtherHead = true
		c.find(Said, "chain", "%s; entry %d is not the one that you know", run, last.Seq)
	}
	if c.bundle.Anchor == nil {
		if c.trust.Head == "" {
			c.find(Said, "chain", "%s up to entry %d, %s, and no anchor is in the bundle: it is up to you to know that hash", run, last.Seq, last.Hash)
		}
		c.find(Said, "ledger", "they are of ledger %s", c.bundle.Ledger)
		return
	}
	tag, err := anchor.Parse(c.bundle.Anchor)
	switch {
	case err != nil:
		c.find(Wrong, "anchor", "the anchor cannot be read: %v", err)
		return
	case tag.Ledger != c.bundle.Ledger || tag.Seq != last.Seq || tag.Head != last.Hash:
		c.find(Wrong, "anchor", "the anchor is of entry %d of ledger %s, and not of the last entry here", tag.Seq, tag.Ledger)
		return
	}
	who, err := tag.Verify(c.trust.Signers)
	stranger, strange := errors.AsType[*anchor.StrangerError](err)
	text := fmt.Sprintf("%s, and entry %d of ledger %s was anchored by git tag %s of %s", run, last.Seq, tag.Ledger, tag.Name(), clock(tag.Time))
	switch {
	case err == nil && may(who, tag.Time):
		c.Bound = !c.OtherHead
		c.find(c.recorded(), "anchor", "%s, which %s signed with the key %s", text, who.Principals[0], ssh.FingerprintSHA256(who.Key))
	case err == nil:
		c.find(Said, "anchor", "%s; the key of %s was not valid then", text, who.Principals[0])
	case strange:
		c.find(Said, "anchor", "%s, signed with the key %s, which is not one that you trust", text, ssh.FingerprintSHA256(stranger.Key))
	case errors.Is(err, anchor.ErrUnsigned):
		c.find(Said, "anchor", "%s, which nobody signed", text)
	default:
		c.find(Wrong, "anchor", "the anchor: %v", err)
	}
}

func clock(t time.Time) string { return t.UTC().Format(time.DateTime + " UTC") }

// action finds the intent, and the begin of its apply in front of it.
func (c *checker) action() bool {
	for _, e := range c.entries {
		switch {
		case e.Intent != nil && e.Intent.Action == c.bundle.Action:
			if c.Intent.Seq != 0 {
				c.find(Wrong, "action", "the action was intended twice, by entries %d and %d", c.Intent.Seq, e.Seq)
				return false
			}
			c.Intent = e
		case e.Begin != nil && c.Intent.Seq == 0:
			c.begin = e
		}
	}
	switch i := c.Intent.Intent; {
	case i == nil:
		c.find(Wrong, "action", "no entry intends %s", c.bundle.Action)
		return false
	case c.begin.Begin == nil || c.begin.Begin.Plan != i.Plan:
		c.find(Wrong, "action", "the apply of plan %s does not begin before it", i.Plan)
		return false
	case c.entries[0].Seq != c.begin.Seq:
		c.find(Wrong, "action", "the entries begin before the apply")
		return false
	default:
		step, err := i.Step()
		if err != nil || statefile.ActionID(step, i.Attempt) != i.Action {
			c.find(Wrong, "action", "entry %d does not intend what its name says", c.Intent.Seq)
			return false
		}
		c.step = step
	}
	b := c.begin.Begin
	c.find(c.recorded(), "action", "entry %d, of %s, intends it before anything was sent, under plan %s", c.Intent.Seq, clock(c.Intent.Time), b.Plan)
	c.find(Said, "who", "%s applied it on %s (process %d), with flexform %s in %s mode", b.Actor.User, b.Actor.Host, b.Actor.PID, b.Version, b.Mode)
	c.find(Said, "when", "the times are those of the machines that wrote; their order is that of the entries")
	return true
}

// plan holds the plan file against the digest that the ledger has.
func (c *checker) plan() {
	if c.bundle.Plan == nil {
		c.find(Said, "plan", "the plan %s is not in the bundle", c.begin.Begin.Plan)
		return
	}
	p, err := plan.Decode(c.bundle.Plan)
	switch {
	case err != nil:
		c.find(Wrong, "plan", "the plan cannot be read: %v", err)
		return
	case p.Digest != c.begin.Begin.Plan:
		c.find(Wrong, "plan", "the plan in the bundle is %s, and the ledger names %s", p.Digest, c.begin.Begin.Plan)
		return
	case string(p.Body.Mode) != c.begin.Begin.Mode || len(p.Body.Actions) != c.begin.Begin.Actions:
		c.find(Wrong, "plan", "the plan has %d actions in %s mode, and entry %d says otherwise", len(p.Body.Actions), p.Body.Mode, c.begin.Seq)
		return
	}
	if b := c.begin.Begin; b.Settings != "" && p.Body.SettingsDigest != b.Settings {
		c.find(Wrong, "plan", "the plan was made with the settings %s, and the ledger says it was applied with %s", p.Body.SettingsDigest, b.Settings)
		return
	}
	i := c.Intent.Intent
	same := func(a plan.Action) bool {
		return a.Address == i.Address && a.Merchant == i.Merchant && a.Transact == i.Transact && a.OrderID == i.OrderID && a.Verb == i.Verb && a.Currency == i.Currency &&
			a.AmountMinor == i.AmountMinor && a.FromMinor == i.FromMinor && a.ToMinor == i.ToMinor && a.Attempt == i.Attempt && string(a.Class) == i.Class && a.Capture == i.Capture && a.Reason == i.Reason
	}
	if !slices.ContainsFunc(p.Body.Actions, same) {
		c.find(Wrong, "plan", "the plan has no such action")
		return
	}
	c.find(c.recorded(), "plan", "the plan with that digest has this very action, of %d", len(p.Body.Actions))
	c.find(Said, "plan", "it was made at %s, by flexform %s", clock(p.Envelope.CreatedAt), p.Envelope.Version)
}

// approvals verifies what those signed whom the ledger names.
func (c *checker) approvals() {
	named, err := Approvers(*c.begin.Begin)
	if err != nil {
		c.find(Wrong, "approval", "entry %d: %v", c.begin.Seq, err)
		return
	}
	if named == nil {
		c.find(c.recorded(), "approval", "the ledger names nobody who approved the plan: it needed nobody")
	}
	files, keys, ok := c.signed()
	if !ok {
		return
	}
	used := 0
	for _, who := range named {
		if v, err := FindApproval(who, c.begin, files, c.trust.Signers); err == nil {
			used++
			c.find(Proven, "approval", "%s %s plan %s: signed at %s, by their own clock, for applies until %s%s", who, who.Did(), c.begin.Begin.Plan, clock(v.Statement().SignedAt), clock(v.Statement().ExpiresAt), reasonOf(v))
			continue
		}
		c.Unapproved++
		v, err := FindApproval(who, c.begin, files, keys)
		switch {
		case err == nil:
			used++
			c.find(Said, "approval", "it is said that %s %s plan %s, at %s%s: the signature is one of that key, which is not one that you trust for that name", who, who.Did(), c.begin.Begin.Plan, clock(v.Statement().SignedAt), reasonOf(v))
		case len(files) == 0:
			c.find(Said, "approval", "the ledger says that %s %s the plan, and the %s is not in the bundle", who, who.Did(), who.Kind)
		default:
			c.find(Wrong, "approval", "the ledger says that %s %s the plan, and nothing in the bundle shows it: %v", who, who.Did(), err)
		}
	}
	if used != len(files) {
		c.find(Wrong, "approval", "%d approvals are in the bundle that the ledger does not name", len(files)-used)
	}
}

// reasonOf is why the glass was broken.
func reasonOf(v approval.Verified) string {
	if v.Statement().Kind != approval.Break {
		return ""
	}
	return ", because: " + v.Statement().Reason
}

// signed returns the approvals as files, and the keys that signed them as if all
// of them were allowed.
func (c *checker) signed() (files []approval.File, keys []schema.Signer, ok bool) {
	for _, a := range c.bundle.Approvals {
		s, err := approval.Parse([]byte(a.Text))
		if err != nil {
			c.find(Wrong, "approval", "an approval cannot be read: %v", err)
			return nil, nil, false
		}
		key, plain, err := approval.ReadSignature([]byte(a.Signature))
		if err != nil || string(plain) != a.Signature {
			c.find(Wrong, "approval", "the signature of %s cannot be read", s.Signer)
			return nil, nil, false
		}
		files = append(files, approval.File{Name: s.FileName("plan"), Text: []byte(a.Text), Signature: []byte(a.Signature)})
		keys = append(keys, schema.Signer{Principals: []string{s.Signer}, Key: key})
	}
	return files, keys, true
}

// configuration follows git's objects from the commit that the ledger names.
func (c *checker) configuration() {
	b := c.begin.Begin
	conf := c.bundle.Configuration
	if conf == nil {
		if b.Commit != "" {
			c.find(Said, "commit", "it was made from commit %s of %s, of which nothing is in the bundle", b.Commit, b.Author)
		}
		return
	}
	line, by, err := conf.verify(b.Commit)
	switch {
	case err != nil:
		c.find(Wrong, "commit", "the configuration: %v", err)
		return
	case !Declares(line, c.Intent.Intent.Address):
		c.find(Wrong, "commit", "%s:%d does not declare %s", conf.Path, conf.Line, c.Intent.Intent.Address)
		return
	case by != b.Author:
		c.find(Wrong, "commit", "commit %s is by %s, and the ledger says %s", b.Commit, by, b.Author)
		return
	}
	c.find(c.recorded(), "commit", "commit %s, which names %s as its author, declares %s at %s:%d", b.Commit, by, c.Intent.Intent.Address, conf.Path, conf.Line)
	c.find(Said, "commit", "the plan was made from that commit with nothing changed in the folder, and its author is who it says")
}

// answer tells what was recorded of the action afterwards.
func (c *checker) answer() {
	answered := false
	for _, e := range c.entries {
		switch {
		case e.Outcome != nil && e.Outcome.Action == c.bundle.Action:
			if answered || e.Seq < c.Intent.Seq {
				c.find(Wrong, "answer", "entry %d is a second answer", e.Seq)
				return
			}
			answered = true
			text := string(e.Outcome.Result)
			if e.Outcome.Reply != "" {
				text += ", " + e.Outcome.Reply
			}
			if e.Outcome.Message != "" {
				text += " (" + e.Outcome.Message + ")"
			}
			c.find(c.recorded(), "answer", "entry %d, of %s, records the answer: %s", e.Seq, clock(e.Time), text)
		case e.Observed != nil && e.Observed.Action == c.bundle.Action:
			c.find(c.recorded(), "later", "entry %d, of %s, records status %d of the gateway: %s", e.Seq, clock(e.Time), e.Observed.Status, e.Observed.Verdict)
		case e.Resolved != nil && e.Resolved.Action == c.bundle.Action:
			did := "did not happen"
			if e.Resolved.Done {
				did = "did happen"
			}
			c.find(c.recorded(), "later", "entry %d, of %s, records that %s says it %s: %s", e.Seq, clock(e.Time), e.Resolved.Actor.User, did, e.Resolved.Evidence)
		case e.Adopted != nil && e.Adopted.Merchant == c.step.Merchant && e.Adopted.Transact == c.step.Transact && e.Seq > c.Intent.Seq:
			c.find(c.recorded(), "later", "entry %d, of %s, records totals of the transaction that %s states: %s", e.Seq, clock(e.Time), e.Adopted.Actor.User, e.Adopted.Evidence)
		}
	}
	if !answered {
		c.find(c.recorded(), "answer", "up to entry %d no answer was recorded", c.entries[len(c.entries)-1].Seq)
	}
	c.find(Said, "gateway", "the gateway gave those answers: it signs nothing, so that is the word of who applied. What came after entry %d is not in the bundle", c.entries[len(c.entries)-1].Seq)
}

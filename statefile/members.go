package statefile

// A codec is one direction of the canonical line: a writer or a reader that is
// walked over the members of an entry in their order. The struct tags say the
// same to encoding/json, which is the reference; tests hold the two equal.
type codec interface {
	object(name string, members func(codec))
	text(name string, v *string)
	word(name string, v *string)     // text that repeats from entry to entry
	optional(name string, v *string) // left out when empty
	number(name string, v *int)
	long(name string, v *int64)
	optionalNumber(name string, v **int) // left out when nil
	flag(name string, v *bool)
	optionalFlag(name string, v *bool) // left out when false
}

func (v *Created) members(c codec) {
	c.text("format_version", &v.FormatVersion)
	c.text("ledger", &v.Ledger)
}

func (v *Actor) members(c codec) {
	c.word("user", &v.User)
	c.word("host", &v.Host)
	c.number("pid", &v.PID)
}

func (v *Begin) members(c codec) {
	c.word("plan", &v.Plan)
	c.word("mode", &v.Mode)
	c.number("actions", &v.Actions)
	c.object("actor", v.Actor.members)
	c.optional("commit", &v.Commit)
	c.optional("author", &v.Author)
	c.word("flexform_version", &v.Version)
	c.optional("approvers", &v.Approvers)
	c.optional("settings", &v.Settings)
	c.optional("break_glass", &v.BreakGlass)
	c.optional("broken_by", &v.BrokenBy)
}

func (v *End) members(c codec) {
	c.word("plan", &v.Plan)
	c.number("accepted", &v.Accepted)
	c.number("declined", &v.Declined)
	c.number("not_sent", &v.NotSent)
	c.number("unknown", &v.Unknown)
	c.number("moved", &v.Moved)
	c.number("not_started", &v.NotStarted)
}

func (v *Intent) members(c codec) {
	c.text("action_id", &v.Action)
	c.word("plan", &v.Plan)
	c.text("address", &v.Address)
	c.word("merchant", &v.Merchant)
	c.text("transact", &v.Transact)
	c.text("orderid", &v.OrderID)
	c.word("action", (*string)(&v.Verb))
	c.word("currency", &v.Currency)
	c.long("amount_minor", &v.AmountMinor)
	c.long("from_minor", &v.FromMinor)
	c.long("to_minor", &v.ToMinor)
	c.number("attempt", &v.Attempt)
	c.word("class", &v.Class)
	c.number("status", &v.Status)
	c.optional("reason", &v.Reason)
	c.optional("batch", &v.Batch)
	c.optionalFlag("capture", &v.Capture)
	c.optional("settle_window", &v.SettleWindow)
}

func (v *Outcome) members(c codec) {
	c.text("action_id", &v.Action)
	c.word("result", (*string)(&v.Result))
	c.optionalNumber("code", &v.Code)
	c.optional("message", &v.Message)
	c.optional("reply", &v.Reply)
	c.optional("payment", &v.Payment)
}

func (v *Observed) members(c codec) {
	c.word("merchant", &v.Merchant)
	c.text("transact", &v.Transact)
	c.number("status", &v.Status)
	c.optional("action_id", &v.Action)
	c.optional("verdict", (*string)(&v.Verdict))
	c.optional("payment", &v.Payment)
}

func (v *Adopted) members(c codec) {
	c.text("address", &v.Address)
	c.word("merchant", &v.Merchant)
	c.text("transact", &v.Transact)
	c.text("orderid", &v.OrderID)
	c.word("currency", &v.Currency)
	c.long("amount_minor", &v.AmountMinor)
	c.long("captured_minor", &v.CapturedMinor)
	c.long("refunded_minor", &v.RefundedMinor)
	c.optionalFlag("cancelled", &v.Cancelled)
	c.optionalFlag("deleted", &v.Deleted)
	c.optional("payment", &v.Payment)
	c.number("status", &v.Status)
	c.text("evidence", &v.Evidence)
	c.object("actor", v.Actor.members)
}

func (v *Resolved) members(c codec) {
	c.text("action_id", &v.Action)
	c.flag("done", &v.Done)
	c.optionalNumber("status", &v.Status)
	c.optional("payment", &v.Payment)
	c.text("evidence", &v.Evidence)
	c.object("actor", v.Actor.members)
}

func (v *Called) members(c codec) {
	c.word("service", &v.Service)
	c.word("merchant", &v.Merchant)
	c.word("mode", &v.Mode)
	c.optional("transact", &v.Transact)
	c.text("parameters", &v.Parameters)
	c.object("actor", v.Actor.members)
	c.word("flexform_version", &v.Version)
}

func (v *Answered) members(c codec) {
	c.long("call", &v.Call)
	c.word("result", (*string)(&v.Result))
	c.optional("message", &v.Message)
	c.optional("reply", &v.Reply)
}

// payload returns the members of the payload that e's kind calls for, nil when
// the kind is not one. With create it puts an empty payload there first.
func (e *Entry) payload(create bool) func(codec) {
	switch e.Kind {
	case KindCreated:
		return part(&e.Created, create, (*Created).members)
	case KindBegin:
		return part(&e.Begin, create, (*Begin).members)
	case KindEnd:
		return part(&e.End, create, (*End).members)
	case KindIntent:
		return part(&e.Intent, create, (*Intent).members)
	case KindOutcome:
		return part(&e.Outcome, create, (*Outcome).members)
	case KindObserved:
		return part(&e.Observed, create, (*Observed).members)
	case KindAdopted:
		return part(&e.Adopted, create, (*Adopted).members)
	case KindResolved:
		return part(&e.Resolved, create, (*Resolved).members)
	case KindCalled:
		return part(&e.Called, create, (*Called).members)
	case KindAnswered:
		return part(&e.Answered, create, (*Answered).members)
	case KindBatch:
		return part(&e.Batch, create, (*Batch).members)
	case KindReleasing:
		return part(&e.Releasing, create, (*Releasing).members)
	case KindReleased:
		return part(&e.Released, create, (*Released).members)
	case KindUnlocked:
		return part(&e.Unlocked, create, (*Unlocked).members)
	case KindCancelled:
		return part(&e.Cancelled, create, (*Cancelled).members)
	}
	return nil
}

func part[P any](at **P, create bool, members func(*P, codec)) func(codec) {
	if create {
		*at = new(P)
	}
	if *at == nil {
		return nil
	}
	p := *at
	return func(c codec) { members(p, c) }
}

// payloads counts the payloads that are set.
func (e *Entry) payloads() (n int) {
	for _, set := range [...]bool{
		e.Created != nil, e.Begin != nil, e.End != nil, e.Intent != nil,
		e.Outcome != nil, e.Observed != nil, e.Adopted != nil, e.Resolved != nil,
		e.Called != nil, e.Answered != nil,
		e.Batch != nil, e.Releasing != nil, e.Released != nil, e.Unlocked != nil, e.Cancelled != nil,
	} {
		if set {
			n++
		}
	}
	return n
}

package statefile

import "fmt"

// apply takes an entry into the layer, or says why it cannot follow what the
// ledger holds: with a [*ClaimedError] or an [*ImpossibleError], and then the
// layer is as it was. The same rules hold before an entry is written and when
// it is read.
func (l *layer) apply(e *Entry) error {
	var why string
	var err error
	switch {
	case (e.Seq == 1) != (e.Kind == KindCreated):
		why = "a ledger has one, and that is its first entry"
	case e.Created != nil:
		why = l.applyCreated(e.Created)
	case e.Begin != nil:
		why = l.applyBegin(e, e.Begin)
	case e.End != nil:
		why = l.applyEnd(e.End)
	case e.Intent != nil:
		why, err = l.applyIntent(e, e.Intent)
	case e.Outcome != nil:
		why = l.applyOutcome(e, e.Outcome)
	case e.Observed != nil:
		why = l.applyObserved(e, e.Observed)
	case e.Adopted != nil:
		why = l.applyAdopted(e, e.Adopted)
	case e.Resolved != nil:
		why = l.applyResolved(e, e.Resolved)
	case e.Called != nil:
		why = l.applyCalled(e, e.Called)
	case e.Answered != nil:
		why = l.applyAnswered(e, e.Answered)
	case e.Batch != nil:
		why = l.applyBatch(e, e.Batch)
	case e.Releasing != nil:
		why = l.applyReleasing(e, e.Releasing)
	case e.Released != nil:
		why = l.applyReleased(e, e.Released)
	case e.Unlocked != nil:
		why = l.applyUnlocked(e.Unlocked)
	case e.Cancelled != nil:
		why = l.applyCancelled(e, e.Cancelled)
	}
	if why != "" {
		return &ImpossibleError{e.Kind, why}
	}
	if err != nil {
		return err
	}
	l.seq = e.Seq
	return nil
}

func (l *layer) applyCreated(c *Created) string {
	if c.Ledger == "" {
		return "the ledger has no identity"
	}
	l.created = *c
	return ""
}

func (l *layer) applyBegin(e *Entry, b *Begin) string {
	use := l.plan(b.Plan)
	switch {
	case b.Plan == "" || b.Mode == "":
		return "it names no plan, or no mode"
	case b.Actions < 0:
		return fmt.Sprintf("it counts %d actions", b.Actions)
	case l.mode != "" && l.mode != b.Mode:
		return fmt.Sprintf("this ledger records %s money and the plan is about %s money: give each a ledger of its own",
			printable(l.mode), printable(b.Mode))
	case (b.BreakGlass == "") != (b.BrokenBy == ""):
		return "it says why the glass was broken and not by whom, or the other way round"
	case use.Started > 0:
		return fmt.Sprintf("plan %s was applied already, from entry %d on", printable(b.Plan), use.Seq)
	}
	if !use.Begun {
		use = PlanUse{Begun: true, Seq: e.Seq, At: e.Time}
	}
	use.Actions, use.Ended = b.Actions, false
	l.plans[b.Plan], l.running, l.mode = use, b.Plan, b.Mode
	l.begun = Begun{Plan: b.Plan, Settings: b.Settings, BreakGlass: b.BreakGlass, BrokenBy: b.BrokenBy, Seq: e.Seq, At: e.Time}
	if b.BreakGlass != "" {
		l.broken = append(l.broken, l.begun)
	}
	return ""
}

func (l *layer) applyEnd(end *End) string {
	if end.Plan == "" || end.Plan != l.running {
		return fmt.Sprintf("plan %s is not being applied", printable(end.Plan))
	}
	use := l.plan(end.Plan)
	use.Ended = true
	l.plans[end.Plan], l.running = use, ""
	return ""
}

// identifier reports whether s can stand in an action's identity, which takes
// its parts by their separators.
func identifier(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '_':
		default:
			return false
		}
	}
	return s != "" && len(s) <= 64
}

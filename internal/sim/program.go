package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"flexform/apply"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/schema"
	"flexform/statefile"
)

const version = "0.1"

// A session is one process that has the ledger.
type session struct {
	p      *process
	h      *history
	file   *statefile.File
	config *schema.Config // the process'
	runner *apply.Runner
	begun  time.Duration
}

// program is one run of flexform: an apply, a plan, an apply of a saved plan,
// or a person who resolves and adopts.
func (h *history) program(p *process) {
	s := h.session(p)
	if s == nil {
		return
	}
	defer s.file.Close() // whatever it says, the process is over
	if h.random.IntN(4) == 0 {
		s.operate()
		return
	}
	settled, err := s.runner.Settle(p.ctx)
	if p.dead.Load() {
		return
	}
	s.checkSettled(settled, err)
	if err != nil {
		return
	}
	made := h.saved
	h.saved = nil
	fresh := made == nil
	if fresh {
		if made = s.plan(); made == nil {
			return
		}
		if h.random.IntN(5) == 0 {
			h.saved = made
			return
		}
	}
	s.apply(made, fresh)
	if h.random.IntN(5) == 0 {
		h.saved = made // somebody applies it once more
	}
}

// session opens the ledger, waiting for its turn when others have it.
func (h *history) session(p *process) *session {
	for range 4 {
		file, err := statefile.Open(ledgerName, statefile.Options{
			Now: h.clock.Now, Actor: statefile.Actor{User: "sim", Host: "sim", PID: p.n}, Command: "apply", FS: disk{p}, Rand: bytesOf{h}, Notify: h.note,
		})
		if p.dead.Load() {
			return nil
		}
		if err == nil {
			p.config = h.shop.config
			return &session{p: p, h: h, file: file, config: h.shop.config, runner: h.applier(p, file), begun: h.clock.since()}
		}
		locked, isLocked := errors.AsType[*statefile.LockedError](err)
		_, corrupt := errors.AsType[*statefile.CorruptError](err)
		switch {
		case isLocked:
			h.saw(sawLocked)
			h.tracef("%d/%d: %v", p.runner, p.n, locked)
			if h.runners == 1 && !p.hurt {
				h.failf("process %d finds the ledger locked, and nobody has it: %v", p.n, err)
			}
			h.sleep(p.runner, time.Duration(1+h.random.IntN(300))*time.Second)
			continue
		case corrupt && h.broken:
			h.saw(sawDamaged)
		case corrupt:
			h.failf("process %d cannot use the ledger: %v", p.n, err)
		case !p.hurt && !p.full:
			h.failf("process %d cannot open the ledger: %v", p.n, err)
		}
		h.tracef("%d/%d: %v", p.runner, p.n, err)
		return nil
	}
	return nil
}

// note counts what the ledger tells people.
func (h *history) note(text string) {
	switch {
	case strings.Contains(text, "taken over"):
		h.saw(sawTakeover)
	case strings.Contains(text, "cut off"):
		h.saw(sawTorn)
	}
	h.tracef("    %s", text)
}

func (h *history) applier(p *process, file *statefile.File) *apply.Runner {
	r := &apply.Runner{
		Ledger: file, Merchants: map[string]apply.Merchant{}, Now: h.clock.Now, Wait: p.wait, SendBy: h.sendBy,
		PastUnknown: h.random.IntN(2) == 0, MaxDeclines: h.random.IntN(8) - 1, Actor: statefile.Actor{User: "sim", Host: "sim", PID: p.n}, Version: version,
	}
	for _, m := range h.shop.config.Merchants {
		line := gateway{p: p, merchant: m.ID}
		merchant := apply.Merchant{Gateway: line, Reader: line, Tickets: line, Login: h.login, Concurrency: h.width, SettleWindow: p.window}
		if h.files {
			merchant.Drop = p.drop(m.ID)
		}
		r.Merchants[m.ID] = merchant
	}
	r.Bulk.Patience = []time.Duration{0, 10 * time.Minute, 2 * time.Hour}[h.random.IntN(3)]
	return r
}

// checkSettled holds what a recovery reports against the ledger.
func (s *session) checkSettled(settled apply.Settled, err error) {
	if err != nil {
		s.mustBeHurt("settle", err)
		return
	}
	var said []string
	for _, f := range settled.Unknown {
		said = append(said, f.Action.ID)
	}
	waiting := map[string]bool{} // for the response of a file
	for _, f := range settled.Files {
		waiting[f.Name] = f.Open > 0
	}
	for _, a := range s.file.State().Undecided() {
		told := slices.Contains(said, a.ID)
		switch row := a.Batch != "" && waiting[a.Batch]; {
		case a.State == statefile.ActionOpen && !row:
			s.h.failf("%s is open after a recovery", a.ID)
		case !told && !(row && a.State == statefile.ActionOpen):
			s.h.failf("%s is %s after a recovery, which does not say so", a.ID, a.State)
		}
		said = slices.DeleteFunc(said, func(id string) bool { return id == a.ID })
	}
	if len(said) > 0 {
		s.h.failf("the recovery says that %v are unknown, and the ledger does not", said)
	}
}

// mustBeHurt fails when something failed although nothing went wrong.
func (s *session) mustBeHurt(what string, err error) {
	s.h.tracef("%d/%d: %s: %v", s.p.runner, s.p.n, what, err)
	if !s.p.hurt && !s.p.full && !s.h.broken {
		s.h.failf("%s: %v, and nothing had gone wrong", what, err)
	}
}

// observe plans without making a plan.
func (s *session) observe() (plan.Draft, []plan.Problem, bool) {
	gateways := map[string]plan.Gateway{}
	for _, m := range s.config.Merchants {
		gateways[m.ID] = plan.Gateway{Reader: gateway{p: s.p, merchant: m.ID, planning: true}, Login: s.h.login, Concurrency: s.h.width}
	}
	in := plan.ObserveInput{Config: s.config, State: s.file.State(), Gateways: gateways, RefreshAll: s.h.random.IntN(4) == 0}
	seen, err := plan.Observe(s.p.ctx, in)
	if s.p.dead.Load() || err != nil {
		return plan.Draft{}, nil, false
	}
	tickets, err := plan.ObserveTickets(s.p.ctx, in)
	if s.p.dead.Load() || err != nil {
		return plan.Draft{}, nil, false
	}
	draft, problems := plan.Build(plan.BuildInput{Config: s.config, State: s.file.State(), Observations: seen, Tickets: tickets})
	for _, p := range problems {
		s.problem(p)
	}
	s.remembers(draft, problems)
	return draft, problems, true
}

// remembers checks that a plan forgets no unknown: what nobody knows the end of
// blocks what is declared of its transaction (R13).
func (s *session) remembers(draft plan.Draft, problems []plan.Problem) {
	blocked := map[string]bool{}
	for _, b := range draft.Body.Blocked {
		// What is found by its order cannot be told from others while nobody
		// answers.
		blocked[s.h.shop.transact(b.Address)] = b.Cause == plan.CauseUnknown || b.Cause == plan.CauseUnread && b.Transact == ""
	}
	for _, p := range problems {
		blocked[s.h.shop.transact(p.Address)] = true
	}
	for _, a := range s.file.State().Undecided() {
		if s.declares(a) && !blocked[a.Transact] {
			s.h.failf("%s is %s, and the plan says nothing of it", a.ID, a.State)
		}
	}
	for _, x := range draft.Body.Actions {
		for _, a := range s.file.State().Undecided() {
			if a.Transact == x.Transact {
				s.h.failf("%s of %s is planned while %s is %s", x.Verb, x.Transact, a.ID, a.State)
			}
		}
	}
}

// declares reports whether the configuration still names what an action is
// about, and something is asked of it.
func (s *session) declares(a statefile.Action) bool {
	for _, t := range s.config.Transactions {
		if t.Address == a.Address {
			return true
		}
	}
	for _, t := range s.config.Tickets {
		if t.Ticket == a.Transact && (t.Deleted || slices.ContainsFunc(t.Charges, func(c schema.Charge) bool { return c.OrderID == a.OrderID })) {
			return true
		}
	}
	return false
}

// problem is what the author asks for and can never have. Here the author only
// asks for what the bank would do, so somebody else must have been there, or
// the process has an older configuration than the one before it.
func (s *session) problem(p plan.Problem) {
	s.h.tracef("    %s: %s", p.Address, p.Detail)
	if w := s.h.shop.wish(p.Address); w != nil && s.config == s.h.shop.config && s.h.sound(w.account) && !w.lowered {
		s.h.failf("%s is said to be impossible: %s; %s", p.Address, p.Detail, w.account)
	}
}

// plan makes a plan; nil when there is none to be applied.
func (s *session) plan() *plan.Plan {
	draft, problems, ok := s.observe()
	if !ok || len(problems) > 0 {
		return nil
	}
	hash, seq := s.file.State().Head()
	now := s.h.clock.Now()
	p, err := plan.Seal(draft, plan.Envelope{
		CreatedAt: now, ExpiresAt: now.Add(time.Hour), Version: version, ConfigDigest: s.config.Digest, Ledger: plan.Head{Hash: hash, Seq: seq},
	})
	if err != nil {
		s.h.failf("seal: %v", err)
		return nil
	}
	for _, a := range p.Body.Actions {
		s.h.tracef("    planned: %s %s %d-%d, attempt %d, from %s", a.Verb, a.Transact, a.FromMinor, a.ToMinor, a.Attempt, a.Status)
	}
	for _, b := range p.Body.Blocked {
		s.h.tracef("    blocked: %s, %s", b.Transact, b.Cause)
	}
	return p
}

// apply carries a plan out, if the policy lets it, and holds the result
// against the plan and the ledger.
func (s *session) apply(p *plan.Plan, fresh bool) {
	approved, err := policy.Check(p, policy.Facts{Now: s.h.clock.Now(), Version: version, Config: s.config, State: s.file.State()})
	refused, _ := errors.AsType[*policy.RefusedError](err)
	switch {
	case refused != nil && refused.Reason == policy.Empty:
		return
	case err != nil && fresh:
		s.h.failf("a plan that was just made is refused: %v", err)
		return
	case err != nil:
		s.h.sawPlanRefused(refused)
		s.h.tracef("%d/%d: %v", s.p.runner, s.p.n, err)
		return
	}
	s.mayRun(p)
	run := s.runner.Run
	if s.h.files && s.h.random.IntN(2) == 0 && slices.ContainsFunc(p.Body.Actions, func(a plan.Action) bool { return a.Verb == statefile.Refund }) {
		run = s.runner.RunBulk
	}
	s.p.look()
	ear := s.listen()
	result, err := run(s.p.ctx, approved)
	if s.p.dead.Load() {
		return
	}
	s.h.tracef("%d/%d: done %d, declined %d, not sent %d, unknown %d, moved %d, not started %d: %s %v", s.p.runner, s.p.n, len(result.Done),
		len(result.Declined), len(result.NotSent), len(result.Unknown), len(result.Moved), len(result.NotStarted), result.Stopped, err)
	if err != nil {
		s.mustBeHurt("run", err)
	}
	s.checkResult(p, result, err)
	s.heard(ear, p, result, err)
}

// checkResult holds R13: sum(plan) = done + not done + unknown, and the result
// says what the ledger says.
func (s *session) checkResult(p *plan.Plan, result apply.Result, failed error) {
	all := slices.Collect(result.All())
	if want, got := fmt.Sprint(p.Body.Summary), fmt.Sprint(apply.Sums(all)); want != got {
		s.h.failf("sums of the result: %s, of the plan: %s", got, want)
	}
	for range result.Moved {
		s.h.saw(sawMoved)
	}
	if failed != nil {
		return // the ledger is behind, and says so
	}
	for _, a := range all {
		recorded, _ := s.file.State().Action(a.ID)
		if a.Fate == apply.FateUnknown && a.Waiting && recorded.State == statefile.ActionOpen {
			continue // a row without a response
		}
		if a.Detail == "" && a.Fate != apply.FateSettling && a.Fate != apply.FateSettled {
			s.h.failf("%s ended as %s, and nothing says why", a.ID, a.Fate)
		}
		if !slices.Contains(fates[a.Fate], recorded.State) && a.ID != "" {
			s.h.failf("%s: the result says %s, the ledger %s", a.ID, a.Fate, recorded.State)
		}
		if started := a.Fate != apply.FateMoved && a.Fate != apply.FateNotStarted; started && recorded.Plan != p.Digest {
			s.h.failf("%s: the result says %s, and the ledger has it from another plan", a.ID, a.Fate)
		}
	}
}

// mayRun holds what the policy lets pass against what the judge knows (R30,
// R39): no plan runs that is of another configuration, too old, or used up.
// One whose locks were taken away may not know that, and will fail to write.
func (s *session) mayRun(p *plan.Plan) {
	now, e := s.h.clock.Now(), p.Envelope
	if e.ConfigDigest != s.config.Digest || !now.Before(e.ExpiresAt) || now.Before(e.CreatedAt.Add(-5*time.Minute)) || s.h.audit.plans[p.Digest] && !s.h.broken {
		s.h.failf("plan %s runs: made %s of %s, and it is %s with %s; used up %t", p.Digest, e.CreatedAt, e.ConfigDigest, now, s.config.Digest, s.h.audit.plans[p.Digest])
	}
}

func (h *history) sawPlanRefused(why *policy.RefusedError) {
	h.saw(sawPlanRefused)
	if why == nil {
		return
	}
	switch why.Reason {
	case policy.AlreadyApplied:
		h.saw(sawUsedUp)
	case policy.Expired:
		h.saw(sawExpired)
	}
}

// fates says what the ledger has for an action that ended so.
var fates = map[apply.Fate][]statefile.ActionState{
	apply.FateSettled:    {statefile.ActionDone},
	apply.FateSettling:   {statefile.ActionAccepted},
	apply.FateDeclined:   {statefile.ActionDeclined},
	apply.FateReversed:   {statefile.ActionReversed},
	apply.FateNotSent:    {statefile.ActionNotSent},
	apply.FateNotDone:    {statefile.ActionNotDone},
	apply.FateUnknown:    {statefile.ActionUnknown},
	apply.FateMoved:      {0},
	apply.FateNotStarted: {0},
}

// bytesOf makes the identities that a ledger draws.
type bytesOf struct{ h *history }

func (b bytesOf) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b.h.random.Uint32())
	}
	return len(p), nil
}

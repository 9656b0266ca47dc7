package sim

import (
	"time"

	"flexform/plan"
	"flexform/statefile"
)

// rounds is how often a calm process may need to run before nothing is left.
const rounds = 12

// quiet is the time after the last misfortune. First flexform runs by itself
// until it plans nothing more: then every difference between what is wanted and
// what the bank has must be explained by a block. Then a person does what the
// blocks ask for: after that there is no difference, except where the
// back-office made another wish impossible.
func (h *history) quiet() {
	h.enter(h.runners, "quiet", 0)
	h.calm = true
	h.paused = make([]time.Duration, h.runners+1)
	h.shop.restore()
	if !h.until("by itself", false) || h.audit.cut {
		return
	}
	h.explained()
	if h.until("with a person's help", true) && !h.audit.cut {
		h.fulfilled()
	}
	h.story.bounds(Closed)
}

// until runs processes until there is nothing to do. It returns false when that
// cannot be told: the ledger was damaged by two writers.
func (h *history) until(how string, helped bool) bool {
	for round := range rounds {
		h.stuck = helped && round > 3
		if round > 1 {
			h.shop.insist(h)
		}
		if round == rounds/2 {
			// What the back-office did can leave a wish that the gateway declines
			// again and again, and says so. Somebody takes it out of the files.
			for _, w := range h.shop.wishes {
				if w.account.theirs || w.account.lied {
					h.shop.concede(h, w.declared.Address)
				}
			}
			for _, t := range h.shop.tickets {
				if t.account.theirs || t.account.lied {
					h.shop.concede(h, t.declared.Address)
				}
			}
		}
		h.sleep(h.runners, 2*time.Duration(h.luck.windows)*longestWindow)
		h.bank.catchUp()
		for _, a := range h.bank.accounts {
			for len(a.flights) > 0 {
				h.bank.settle(a, false, false)
			}
		}
		h.workDesks()
		p := h.start(h.runners)
		left, ok := h.calmRun(p, helped)
		p.end()
		if !ok {
			return false
		}
		if left == 0 {
			return true
		}
	}
	h.failf("there is still something to do after %d calm runs %s", rounds, how)
	return false
}

// calmRun settles, plans and applies, and lets a person help. It returns how
// much there was to do.
func (h *history) calmRun(p *process, helped bool) (left int, ok bool) {
	s := h.session(p)
	if s == nil {
		if !h.broken {
			h.failf("the ledger cannot be opened")
		}
		return 0, false
	}
	defer func() {
		if err := s.file.Close(); err != nil {
			h.failf("close: %v", err)
		}
	}()
	settled, err := s.runner.Settle(p.ctx)
	s.checkSettled(settled, err)
	made := s.plan()
	if made == nil {
		if helped {
			s.operate()
			return 1, true
		}
		return 0, true // the author asks for what cannot be, and is told
	}
	left = len(made.Body.Actions)
	s.apply(made, true)
	if helped && left == 0 {
		left = len(made.Body.Blocked)
		s.operate()
	}
	return left, true
}

// explained checks that what is missing is not missing silently.
func (h *history) explained() {
	blocked := map[string]plan.Cause{}
	p := h.start(h.runners)
	defer p.end()
	s := h.session(p)
	if s == nil {
		h.failf("the ledger cannot be opened")
		return
	}
	defer s.file.Close()
	draft, problems, ok := s.observe()
	if !ok {
		h.failf("the gateway cannot be read in calm weather")
		return
	}
	for _, b := range draft.Body.Blocked {
		blocked[b.Address] = b.Cause
	}
	for _, w := range h.shop.wishes {
		// A problem stops every plan, and is shown. What the back-office moves at
		// status 8 leaves no trace that flexform could see.
		told := blocked[w.declared.Address] != "" || len(problems) > 0
		if !w.fulfilled() && !told && !w.conceded && !w.account.theirs {
			h.failf("%s is silently short of captured %d, refunded %d: %s", w.declared.Address, w.captured, w.refunded, w.account)
		}
	}
	for _, t := range h.shop.tickets {
		for _, address := range t.short(h) {
			if blocked[address] == "" && len(problems) == 0 && !t.conceded && !t.account.theirs {
				h.failf("%s is silently short", address)
			}
		}
	}
	for _, a := range s.file.State().Undecided() {
		if use, _ := s.file.State().Batch(a.Batch); a.State == statefile.ActionOpen && !use.Exposed() {
			h.failf("%s has no outcome", a.ID)
		}
	}
}

func (h *history) fulfilled() {
	for _, w := range h.shop.wishes {
		if !w.fulfilled() && !w.account.theirs && !w.account.lied && !w.conceded {
			h.failf("%s wants captured %d, refunded %d, cancelled %t, and the bank has %s", w.declared.Address, w.captured, w.refunded, w.cancelled, w.account)
		}
	}
	for _, t := range h.shop.tickets {
		if missing := t.short(h); len(missing) > 0 && !t.conceded && !t.account.theirs && !t.account.lied {
			h.failf("%v are missing at the bank", missing)
		}
	}
	for _, c := range h.audit.order {
		if a := h.bank.account(c.transact); c.undecided() && !a.theirs && !a.lied {
			h.failf("%s never ended", c)
		}
	}
}

package apply

import (
	"context"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/internal/durable/disktest"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// again is the action that has account i's authorisation approved again.
func again(i int, status dibs.Status) plan.Action {
	a := capture(i, 20000)
	a.Verb, a.Class, a.Status = statefile.Reauthorise, plan.Moneyless, status
	return a
}

func TestReauthoriseThenCapture(t *testing.T) {
	r := newRig(t, 3)
	for i := range 3 {
		r.authorised(i)
		r.account(i).old = true
	}
	r.account(1).status = dibs.StatusCancelled
	r.account(2).status = dibs.StatusRefunded // cannot be authorised again
	got := r.run(r.runner(), planOf(
		again(0, dibs.StatusAuthorised), capture(0, 15000),
		again(1, dibs.StatusCancelled), capture(1, 20000),
		again(2, dibs.StatusRefunded), capture(2, 20000)))
	want := []string{
		"capture 11111111: settled", "capture 11111112: settled", "capture 11111113: not_started",
		"reauthorise 11111111: settled", "reauthorise 11111112: settled", "reauthorise 11111113: declined",
	}
	if diff := cmp.Diff(want, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if code := got.Declined[0].Code; code == nil || *code != int(dibs.ReasonParameterError) || !strings.Contains(got.Declined[0].Detail, "parameter error (2)") {
		t.Errorf("declined = %+v, want the reason of the authorisation's own table", got.Declined[0])
	}
	if r.account(0).captured != 15000 || r.account(1).captured != 20000 || r.account(2).captured != 0 {
		t.Errorf("captured %d, %d, %d", r.account(0).captured, r.account(1).captured, r.account(2).captured)
	}
}

// R3: what a lost answer of a reauthorise leaves behind. The capture behind it
// is never started on a guess.
func TestLostReauthorise(t *testing.T) {
	for name, tt := range map[string]struct {
		before dibs.Status
		commit bool
		want   string
	}{
		"of a deleted authorisation, carried out": {dibs.StatusCancelled, true, "settled"},
		"of a deleted authorisation, not arrived": {dibs.StatusCancelled, false, "not_done"},
		"of an old authorisation, carried out":    {dibs.StatusAuthorised, true, "unknown"},
		"of an old authorisation, not arrived":    {dibs.StatusAuthorised, false, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			r.authorised(0)
			r.account(0).status = tt.before
			r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) { return tt.commit, lost(id) }
			got := r.run(r.runner(), planOf(again(0, tt.before), capture(0, 20000)))
			if diff := cmp.Diff([]string{"capture 11111111: not_started", "reauthorise 11111111: " + tt.want}, ended(got)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if len(r.bank.sent) != 1 {
				t.Errorf("sent %v, want one request", r.bank.sent)
			}
		})
	}
}

type renumbering struct{ *bank }

func (g renumbering) Reauth(ctx context.Context, id dibs.TransactID) (dibs.Authorisation, error) {
	a, err := g.bank.Reauth(ctx, id)
	a.Transacts = []dibs.TransactID{"99999999"}
	return a, err
}

// Nobody says that a payment keeps its number. What was planned for the old
// one does not go on.
func TestReauthoriseUnderAnotherNumber(t *testing.T) {
	r := newRig(t, 1)
	r.authorised(0)
	runner := r.runner()
	runner.Merchants[shop] = Merchant{Gateway: renumbering{r.bank}, Reader: r.bank}
	got := r.run(runner, planOf(again(0, dibs.StatusAuthorised), capture(0, 20000)))
	if diff := cmp.Diff([]string{"capture 11111111: not_started", "reauthorise 11111111: unknown"}, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if !strings.Contains(got.Unknown[0].Detail, "99999999") {
		t.Errorf("detail = %q, want the other number", got.Unknown[0].Detail)
	}
}

// newOldWorld wants captures of authorisations that are too old: one of which
// flexform knows it, one that the author says so of, and one that was deleted.
func newOldWorld(t tester) *world {
	t.Helper()
	w := &world{disk: disktest.New(), width: 1}
	w.rig = rigOn(t, nil, "flexform.ledger", 3)
	for i := range 3 {
		w.authorised(i)
		w.account(i).old = true
	}
	w.account(2).status = dibs.StatusCancelled
	w.config = &schema.Config{Merchants: []schema.Merchant{{Name: "shop", ID: shop, Mode: schema.ModeSandbox}}}
	w.want(0, "200", "")
	w.process(&trap{})
	w.want(1, "150", "")
	w.want(2, "200", "")
	for i := range w.config.Transactions {
		w.config.Transactions[i].Reauthorise = true
	}
	return w
}

// R2: every contact of a reauthorise and its capture goes wrong in every way.
// One that is unknown is for a person; no other is ever left.
func TestEveryContactOfReauthoriseGoesWrong(t *testing.T) { everyContact(t, newOldWorld) }

// R1, R4, R12, R13: as TestHistories, for old authorisations.
func TestReauthoriseHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newOldWorld(t)
		w.misfortunes(t, 1)
		w.untilQuiet()
		w.clock.now = w.clock.now.Add(3 * defaultWindow)
		w.bank.catchUp()
		w.check()
	})
}

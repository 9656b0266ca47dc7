package cli

import (
	"context"
	"fmt"
	"iter"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"flexform/internal/report"
	"flexform/statefile"
)

type historyOptions struct {
	config   configFlags
	about    string
	plan     string
	at       string
	from, to string
	moves    bool
	json     bool
	html     string // file for the page; empty for none
	csv      string // file for the rows
}

func (a *app) historyCommand() *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:   "history [FOLDER]",
		Short: "Show what the ledger records",
		Long: `Shows the entries of the ledger in their order, verified: what was intended, what
came of it, what the gateway said later. Reads no gateway.

With --moves each move of money comes with all that is recorded about it: plan,
commit and author, who approved, the call, its answer, and what was learned later.
With --at it shows how everything stood at that time.

A TIME is a day (2026-11-27), a minute (2026-11-27T10:30) or a second, in UTC unless
it says otherwise, or the number of an entry. Times are those of the machines that
wrote the entries; their order is the number.`,
		Example: "  flexform history shop\n  flexform history --about 11111111 --moves shop\n  flexform history --at 2026-11-27T10:30 shop\n  flexform history --plan plan.json --csv moves.csv --html moves.html shop\n  flexform history --json shop | jq .",
		Args:    takes(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runHistory(cmd.Context(), folder(args), o) },
	}
	o.config.register(cmd)
	cmd.Flags().StringVar(&o.about, "about", "", "only entries about this `one`: a transact, order id, address, action or batch")
	cmd.Flags().StringVar(&o.plan, "plan", "", "only entries of this plan: its `digest`, the first characters of it, or its file")
	cmd.Flags().StringVar(&o.at, "at", "", "how everything stood at the end of this `time`")
	cmd.Flags().StringVar(&o.from, "from", "", "only what was written from this `time` on")
	cmd.Flags().StringVar(&o.to, "to", "", "only what was written up to the end of this `time`")
	cmd.Flags().BoolVar(&o.moves, "moves", false, "show each move of money with all that is recorded about it")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the entries, or the moves, as one JSON object a line; with --at a document")
	cmd.Flags().StringVar(&o.html, "html", "", "write the moves to this `file` as one page for a browser")
	cmd.Flags().StringVar(&o.csv, "csv", "", "write the moves to this `file`, for a spreadsheet")
	return cmd
}

func (a *app) runHistory(ctx context.Context, dir string, o historyOptions) error {
	filter, err := newHistoryFilter(o)
	if err != nil {
		return err
	}
	_, place, err := a.loadPlace(dir, o.config)
	if err != nil {
		return err
	}
	if !o.json && none(place.Entries(ctx)) {
		_, err := fmt.Fprintf(a.env.Stdout, "There is no ledger at %s yet: nothing was applied.\n", place)
		return err
	}
	if o.moves || o.at != "" || o.html != "" || o.csv != "" {
		return a.showMoves(ctx, place, filter, o)
	}
	chosen := func(yield func(statefile.Entry, error) bool) {
		for entry, err := range place.Entries(ctx) {
			if (err != nil || filter.wants(entry) && filter.inTime(entry)) && !yield(entry, err) {
				return
			}
		}
	}
	if o.json {
		err = report.HistoryJSON(a.env.Stdout, chosen)
	} else {
		err = report.HistoryText(a.env.Stdout, chosen, a.style(a.env.StdoutTerminal))
	}
	if err != nil {
		return err
	}
	state, err := place.Read(ctx)
	if err == nil {
		a.noteTorn(state)
		a.noteUnknown(len(state.Undecided()))
	}
	return err
}

// none reports whether there is neither an entry nor an error.
func none(entries iter.Seq2[statefile.Entry, error]) bool {
	for range entries {
		return false
	}
	return true
}

// showMoves shows the ledger by what moved money, or how it stood at a time.
func (a *app) showMoves(ctx context.Context, place place, filter *historyFilter, o historyOptions) error {
	last, err := filter.lastAt(place.Entries(ctx))
	if err != nil {
		return err
	}
	moves := report.Moves{Path: place.String(), Filter: filter.phrases(), History: &statefile.History{State: &statefile.State{}}}
	if last > 0 || o.at == "" {
		if moves.History, err = statefile.Gather(place.Entries(ctx), last); err != nil {
			return err
		}
	}
	for _, m := range moves.History.Moves {
		if filter.wants(m.Entry) && filter.inTime(m.Entry) {
			moves.Chosen = append(moves.Chosen, m)
		}
	}
	if err := a.writeForms(moveForms(moves, o)...); err != nil {
		return err
	}
	style := a.style(a.env.StdoutTerminal)
	switch {
	case o.at != "" && !o.moves && o.json:
		return report.AsOfJSON(a.env.Stdout, filter.asOf(moves))
	case o.at != "" && !o.moves:
		return report.AsOfText(a.env.Stdout, filter.asOf(moves), style)
	case o.json:
		return report.MovesJSON(a.env.Stdout, moves)
	case o.moves:
		err = report.MovesText(a.env.Stdout, moves, style)
	}
	if err == nil && o.at == "" {
		a.noteUnknown(len(moves.History.State.Undecided()))
	}
	return err
}

// A historyFilter follows the actions, calls and batches it has seen, because an
// outcome names only its action, an answer only its call, a release only its
// batch.
type historyFilter struct {
	about, plan  string
	at, from, to moment // of to and at the end counts
	actions      map[string]bool
	calls        map[int64]bool
	batches      map[string]bool
}

func newHistoryFilter(o historyOptions) (*historyFilter, error) {
	f := &historyFilter{about: o.about, plan: strings.TrimPrefix(o.plan, "sha256:"), actions: map[string]bool{}, calls: map[int64]bool{}, batches: map[string]bool{}}
	if info, err := os.Stat(o.plan); err == nil && info.Mode().IsRegular() {
		p, err := readPlan(o.plan)
		if err != nil {
			return nil, err
		}
		f.plan = strings.TrimPrefix(p.Digest, "sha256:")
	}
	for _, flag := range []struct {
		name, text string
		into       *moment
	}{{"at", o.at, &f.at}, {"from", o.from, &f.from}, {"to", o.to, &f.to}} {
		if flag.text == "" {
			continue
		}
		var ok bool
		if *flag.into, ok = parseMoment(flag.text); !ok {
			return nil, fmt.Errorf("--%s %q is no time: write a day such as 2026-11-27, a minute such as 2026-11-27T10:30 (in UTC), or the number of an entry", flag.name, flag.text)
		}
	}
	return f, nil
}

// phrases say what was asked for.
func (f *historyFilter) phrases() (all []string) {
	for _, part := range []struct{ what, text string }{{"about ", f.about}, {"of plan ", f.plan}, {"as of ", f.at.String()}, {"from ", f.from.String()}, {"up to ", f.to.String()}} {
		if part.text != "" {
			all = append(all, part.what+report.Visible(part.text))
		}
	}
	return all
}

// inTime reports whether an entry was written when it was asked for.
func (f *historyFilter) inTime(e statefile.Entry) bool {
	return !(f.from.set() && f.from.after(e)) && !(f.to.set() && f.to.before(e))
}

// lastAt returns the number of the last entry that --at lets through: all of
// the ledger up to the last one that was written by then, so that a clock that
// was wrong hides nothing. It is 0 without --at, and when there is none.
func (f *historyFilter) lastAt(entries iter.Seq2[statefile.Entry, error]) (last uint64, err error) {
	if !f.at.set() {
		return 0, nil
	}
	head := uint64(0)
	for e, err := range entries {
		if err != nil {
			return 0, err
		}
		if head = e.Seq; !f.at.before(e) {
			last = e.Seq
		}
	}
	if f.at.seq > head {
		return 0, fmt.Errorf("--at %d: the ledger has %s", f.at.seq, entriesText(head))
	}
	return last, nil
}

// asOf picks the transactions of a history that were asked for.
func (f *historyFilter) asOf(moves report.Moves) report.AsOf {
	a := report.AsOf{Moves: moves, When: f.at.String()}
	about := map[statefile.Key]bool{} // of the moves that were chosen
	for _, m := range moves.Chosen {
		switch e := m.Entry; {
		case e.Intent != nil:
			about[statefile.Key{Merchant: e.Intent.Merchant, Transact: e.Intent.Transact}] = true
		case e.Called != nil:
			about[statefile.Key{Merchant: e.Called.Merchant, Transact: e.Called.Transact}] = true
		case e.Adopted != nil:
			about[statefile.Key{Merchant: e.Adopted.Merchant, Transact: e.Adopted.Transact}] = true
		}
	}
	every := f.about == "" && f.plan == "" && !f.from.set() && !f.to.set()
	for t := range moves.History.State.Transactions() {
		if every || about[t.Key] || f.about != "" && f.about == t.Transact {
			a.Transactions = append(a.Transactions, t)
		}
	}
	return a
}

func (f *historyFilter) wants(e statefile.Entry) bool {
	if f.about == "" && f.plan == "" {
		return true
	}
	switch e.Kind {
	case statefile.KindCreated:
		return false
	case statefile.KindBegin:
		return f.about == "" && f.ofPlan(e.Begin.Plan)
	case statefile.KindEnd:
		return f.about == "" && f.ofPlan(e.End.Plan)
	case statefile.KindIntent:
		i := e.Intent
		if f.ofPlan(i.Plan) && (f.concerns(i.Transact, i.OrderID, i.Address, i.Action) || f.about == i.Batch) {
			f.actions[i.Action] = true
			return true
		}
	case statefile.KindOutcome:
		return f.actions[e.Outcome.Action]
	case statefile.KindResolved:
		return f.actions[e.Resolved.Action]
	case statefile.KindObserved:
		o := e.Observed
		return f.actions[o.Action] || f.plan == "" && f.about != "" && f.about == o.Transact
	case statefile.KindCalled:
		if c := e.Called; f.plan == "" && (f.about == c.Transact || f.about == c.Service) {
			f.calls[int64(e.Seq)] = true
			return true
		}
	case statefile.KindAnswered:
		return f.calls[e.Answered.Call]
	case statefile.KindBatch:
		f.batches[e.Batch.Name] = f.ofPlan(e.Batch.Plan) && (f.about == "" || f.about == e.Batch.Name)
		return f.batches[e.Batch.Name]
	case statefile.KindReleasing:
		return f.batches[e.Releasing.Batch]
	case statefile.KindReleased:
		return f.batches[e.Released.Batch]
	case statefile.KindAdopted:
		d := e.Adopted
		return f.plan == "" && f.concerns(d.Transact, d.OrderID, d.Address, "")
	}
	return false
}

func (f *historyFilter) ofPlan(digest string) bool {
	return strings.HasPrefix(strings.TrimPrefix(digest, "sha256:"), f.plan)
}

func (f *historyFilter) concerns(transact, orderID, address, action string) bool {
	return f.about == "" || f.about == transact || f.about == orderID || f.about == address || "transaction."+f.about == address || f.about == action
}

func entriesText(n uint64) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

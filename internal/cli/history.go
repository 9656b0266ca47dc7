package cli

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"flexform/internal/report"
	"flexform/statefile"
)

type historyOptions struct {
	config configFlags
	about  string
	plan   string
	json   bool
}

func (a *app) historyCommand() *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:   "history [FOLDER]",
		Short: "Show what the ledger records",
		Long: `Shows the entries of the ledger in their order, verified: what was intended, what
came of it, what the gateway said later. Reads no gateway.`,
		Example: "  flexform history shop\n  flexform history --about 11111111 shop\n  flexform history --json shop | jq .",
		Args:    takes(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runHistory(cmd.Context(), folder(args), o) },
	}
	o.config.register(cmd)
	cmd.Flags().StringVar(&o.about, "about", "", "only entries about this `one`: a transact, order id, address, action or batch")
	cmd.Flags().StringVar(&o.plan, "plan", "", "only entries of the plan with this `digest`, or its first characters")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the entries as they are, one JSON object a line")
	return cmd
}

func (a *app) runHistory(ctx context.Context, dir string, o historyOptions) error {
	cfg, err := a.load(dir, o.config)
	if err != nil {
		return err
	}
	place, err := placeOf(cfg)
	if err != nil {
		return err
	}
	if !o.json && none(place.Entries(ctx)) {
		_, err := fmt.Fprintf(a.env.Stdout, "There is no ledger at %s yet: nothing was applied.\n", place)
		return err
	}
	filter := newHistoryFilter(o)
	chosen := func(yield func(statefile.Entry, error) bool) {
		for entry, err := range place.Entries(ctx) {
			if (err != nil || filter.wants(entry)) && !yield(entry, err) {
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

// A historyFilter follows the actions, calls and batches it has seen, because an
// outcome names only its action, an answer only its call, a release only its
// batch.
type historyFilter struct {
	about, plan string
	actions     map[string]bool
	calls       map[int64]bool
	batches     map[string]bool
}

func newHistoryFilter(o historyOptions) *historyFilter {
	return &historyFilter{about: o.about, plan: strings.TrimPrefix(o.plan, "sha256:"), actions: map[string]bool{}, calls: map[int64]bool{}, batches: map[string]bool{}}
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

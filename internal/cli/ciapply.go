package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/schema"
	"flexform/statefile"
)

type ciApplyOptions struct {
	ciOptions
	tip      string
	digest   string
	planFile string
	json     bool
	result   resultOption
}

func (a *app) ciApplyCommand() *cobra.Command {
	var o ciApplyOptions
	cmd := &cobra.Command{
		Use:   "apply [FOLDER]",
		Short: "Plan a merged change again, and apply it if that is what was approved",
		Long: `Plans FOLDER (default ".") as the head has it, under the settings of the base, and
goes on only if the plan's digest is the one that was approved: by the approvals
in the repository, where the settings ask for some; otherwise by --digest or
--plan. Never asks.

The ledger is the one in the working tree. It must be the newest: check out the
protected branch as it is now, name it with --tip, let one run at a time do this,
and put the ledger back on the branch afterwards, whatever the exit code.`,
		Example: "  flexform ci apply --settings settings/shop.hcl --base BEFORE --head MERGE --tip refs/remotes/origin/main refunds",
		Args:    takes(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runCIApply(cmd.Context(), folder(args), o) },
	}
	o.registerChange(cmd)
	cmd.Flags().StringVar(&o.tip, "tip", "", "the protected branch as it is now, just fetched, as a `commit` or refs/remotes/origin/NAME: the ledger must be at least as long as there")
	cmd.Flags().StringVar(&o.digest, "digest", "", "the `digest` of the plan that was reviewed, sha256:...")
	cmd.Flags().StringVar(&o.planFile, "plan", "", "the plan `file` that was reviewed; only its digest counts")
	cmd.Flags().BoolVar(&o.json, "json", false, "print what happens as JSON, one line each while it does")
	o.result.register(cmd)
	return cmd
}

// A merge is a change that is to be applied if it does what was reviewed.
type merge struct {
	*guarded
	tip      string   // commit
	reviewed []string // digests that the plan must have; the approvals are apart
	recorded []*statefile.State
	now      *schema.Config // what the tip wants, where its folder is not the head's; nil where it is
}

func (a *app) runCIApply(ctx context.Context, dir string, o ciApplyOptions) error {
	reviewed, err := o.reviewed()
	if err != nil {
		return err
	}
	files, err := o.result.files()
	if err != nil {
		return err
	}
	apply := applyOptions{planOptions: o.planOptions, autoApprove: true, bulk: bulkOption{via: viaCalls}, merge: &merge{reviewed: reviewed}}
	apply.json = o.json
	t := a.tell(apply, files)
	return t.conclude(ctx, a.applyMerge(ctx, dir, o, apply, t))
}

func (a *app) applyMerge(ctx context.Context, dir string, o ciApplyOptions, apply applyOptions, t *telling) (err error) {
	c, err := a.readChange(ctx, dir, o.ciOptions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	c.merged = true
	for _, file := range o.result.paths {
		if err := c.writesTo(file); err != nil {
			return err
		}
	}
	if c.from != c.base.commit {
		return refusedChange("--base %s is not a part of the history of --head %s. Name the protected branch as it was before the merge, and the merge", report.Visible(o.base), report.Visible(o.head))
	}
	m := apply.merge
	if m.guarded, err = a.guard(ctx, c, new(bytes.Buffer)); err != nil {
		return err
	}
	if len(m.touch.settings) > 0 {
		_, err := fmt.Fprintf(a.env.Stderr, "The settings change (%s). They count from the next change on; this one moves nothing, and nothing was planned.\n", few(m.touch.settings))
		return err
	}
	if len(m.reviewed) == 0 && !m.config.Approvals.Required() {
		return errors.New("ci apply: the settings have no approvals block, so it must be said which plan was reviewed; nothing was planned or sent. Name it:\n\n  --digest sha256:...\n  --plan plan.json")
	}
	if err := a.findRecord(ctx, m, o.tip); err != nil {
		return err
	}
	if err := a.findWanted(ctx, m); err != nil {
		return err
	}
	conn, err := a.connectMerge(ctx, m)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := t.start(conn); err != nil {
		return err
	}
	return a.applyPlan(ctx, conn, nil, apply, t)
}

var planDigest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// reviewed are the digests that the command line names.
func (o ciApplyOptions) reviewed() ([]string, error) {
	var all []string
	if o.digest != "" {
		if !planDigest.MatchString(o.digest) {
			return nil, errors.New("--digest is not a whole digest: sha256: and 64 characters behind it, as the plan's head has it")
		}
		all = append(all, o.digest)
	}
	if o.planFile != "" {
		p, err := readPlan(o.planFile)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Digest)
	}
	return all, nil
}

// findRecord finds the tip, and reads the ledger as the base and the tip have it.
// Where the ledger is in a database there is one for all, nothing to compare, and
// the tip may be left out.
func (a *app) findRecord(ctx context.Context, m *merge, tip string) (err error) {
	at, err := a.place(m.config)
	if err != nil {
		return err
	}
	if _, file := at.(filePlace); !file {
		m.tip = m.head.commit
		if tip != "" { // what was taken back or cancelled since is looked for there
			m.tip, err = m.repo.commit(ctx, "tip", tip)
		}
		return err
	}
	if tip == "" {
		return errors.New("ci apply: --tip is missing. The ledger is a file of the repository, and an old copy of it would not know what was done since. Fetch the protected branch, check it out, and name it:\n\n  --tip refs/remotes/origin/main")
	}
	if m.tip, err = m.repo.commit(ctx, "tip", tip); err != nil {
		return err
	}
	if err := m.repo.noLinks(m.ledger(m.config)); err != nil {
		return err
	}
	for _, commit := range []string{m.base.commit, m.tip} {
		state, err := m.ledgerAt(ctx, commit, m.config)
		if err != nil {
			return err
		}
		if len(m.recorded) > 0 && !continues(m.recorded[0], state) {
			return refusedChange("the ledger %s at --tip does not continue the one at --base: entries were changed or are missing. Find out who wrote that before anything is applied; nothing was sent", m.ledger(m.config))
		}
		m.recorded = append(m.recorded, state)
	}
	return nil
}

// continues reports whether a ledger begins with all of an earlier one.
func continues(earlier, later *statefile.State) bool {
	hash, seq := earlier.Head()
	if seq == 0 {
		return true
	}
	found, ok := later.HashAt(seq)
	return ok && found == hash
}

// newest refuses a ledger that does not continue what the branch has.
func (m *merge) newest(now *statefile.State) error {
	for _, earlier := range m.recorded {
		if !continues(earlier, now) {
			return refusedChange("the ledger %s in the working tree does not continue the one of the protected branch: it is an older copy, or another one. It would not know what was done since, so nothing was sent. Check out the newest one:\n\n  git fetch\n  git checkout %.12s -- %s", m.ledger(m.config), m.tip, report.ShellWord(m.ledger(m.config)))
		}
	}
	return nil
}

func (a *app) connectMerge(ctx context.Context, m *merge) (*connection, error) {
	recorded, err := a.readLedger(ctx, m.config)
	if err != nil {
		return nil, err
	}
	if err := m.newest(recorded); err != nil {
		return nil, err
	}
	return a.connectChange(ctx, m.guarded, recorded)
}

// signed gathers who approved a plan: on the branch that was merged, and on the
// protected one before and since, where somebody may have cancelled it. What
// stands at the base the branch can have deleted, so the head alone will not do.
func (m *merge) signed(ctx context.Context, p *plan.Plan) (policy.Signatures, error) {
	return m.signatures(ctx, m.config, p, m.head.commit, m.base.commit, m.tip)
}

// findWanted reads what the protected branch wants now, if that is not the same:
// somebody may have taken the merge back before it was applied. A head that is
// applied before it is merged is not there to be taken back.
func (a *app) findWanted(ctx context.Context, m *merge) error {
	base, err := m.repo.text(ctx, "merge-base", m.head.commit, m.tip)
	if err != nil {
		return refusedChange("--head %.12s and --tip %.12s have no history in common, so it cannot be told whether the merge is still wanted; nothing was sent", m.head.commit, m.tip)
	}
	if base != m.head.commit {
		return nil
	}
	names, err := m.differs(ctx, m.head.commit, m.tip, m.folder)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return m.isLedger(m.config, name) })
	if len(names) == 0 {
		return nil
	}
	options, err := a.loadOptions(m.options.config)
	if err != nil {
		return err
	}
	if m.settings != "" {
		options.Settings, options.SettingsName = filepath.Join(m.unpacked("base"), path.Base(m.settings)), m.settings
	}
	if err := m.unpackFolder(ctx, m.tip, "tip"); err != nil {
		return err
	}
	now, diags := schema.Load(m.unpacked("tip"), options)
	if diags.HasErrors() {
		return refusedChange("the folder %s has changed since the merge (%s), and what --tip has there is no configuration, so it cannot be told whether the merge is still wanted. Nothing was sent. Mend it first:\n\n  flexform validate %s", m.folder, few(names), report.ShellWord(m.folder))
	}
	m.now = now
	return nil
}

// stillWanted refuses a plan of what the protected branch does not ask for any
// more.
func (m *merge) stillWanted(p *plan.Plan) error {
	if m.now == nil {
		return nil
	}
	then, now := wishesOf(m.config), wishesOf(m.now)
	for _, action := range p.Body.Actions {
		wish, declared := now[action.Address]
		same := declared && reflect.DeepEqual(wish, then[action.Address])
		if action.Verb.OfTicket() {
			same = reflect.DeepEqual(m.now.Tickets, m.config.Tickets)
		}
		if !same {
			return &policy.RefusedError{Reason: policy.NotDesired, Address: action.Address, Detail: "The protected branch does not ask for this any more as the merge did: it was taken back, or changed, before it was applied. Nothing was sent. Apply what the branch says now, in a change of its own."}
		}
	}
	return nil
}

// wishesOf are the transactions by address, wherever they stand.
func wishesOf(cfg *schema.Config) map[string]schema.Transaction {
	all := map[string]schema.Transaction{}
	for _, t := range cfg.Transactions {
		t.Source, t.Places = schema.Range{}, schema.Places{}
		all[t.Address] = t
	}
	return all
}

// sameAsReviewed refuses a plan that does other things than the one that was
// reviewed.
func (m *merge) sameAsReviewed(p *plan.Plan) error {
	for _, digest := range m.reviewed {
		if digest != p.Digest {
			return &policy.RefusedError{Reason: policy.NotApproved, Detail: fmt.Sprintf("What was reviewed is plan %s, and planned again it is %s, which would do other things: the merge, the transactions or the settings are not what they were. Nothing was sent. Review the new plan, which stands above.", digest, p.Digest)}
		}
	}
	return nil
}

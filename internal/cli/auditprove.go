package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"flexform/internal/durable"
	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/approval"
	"flexform/plan/proof"
	"flexform/schema"
	"flexform/statefile"
	"flexform/statefile/anchor"
)

type proveOptions struct {
	config  configFlags
	out     string
	plan    string
	without bool
}

func (a *app) auditProveCommand() *cobra.Command {
	var o proveOptions
	cmd := &cobra.Command{
		Use:   "prove ACTION [FOLDER]",
		Short: "Write all that proves one action into one file",
		Long: `Writes a bundle about one action: the entries of the ledger from the begin of its apply
to the first anchor behind all that is known of it, that anchor, the plan and the
approvals beside it, and the commit with the line that declares the action. Whoever
has the file checks it with audit check, with nothing but public keys.

ACTION is the action's id, as history --moves shows it, or a transact, order id or
address that only one action is about. The bundle holds other transactions, too:
those of the same plan, and those of the entries up to the anchor.`,
		Example: "  flexform audit prove 12345678/11111112/refund/0-5000/DKK#1 --plan plan.json --out proof.json shop\n  flexform audit prove 11111112 --out proof.json shop",
		Args:    takes(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runAuditProve(cmd.Context(), args[0], folder(args[1:]), o)
		},
	}
	o.config.register(cmd)
	cmd.Flags().StringVarP(&o.out, "out", "o", "", "write the bundle to this `file`")
	cmd.Flags().StringVar(&o.plan, "plan", "", "the saved plan `file` that was applied; approvals stand beside it")
	cmd.Flags().BoolVar(&o.without, "without-configuration", false, "leave out the commit and the file with the action's line")
	return cmd
}

func (a *app) runAuditProve(ctx context.Context, what, dir string, o proveOptions) error {
	if o.out == "" {
		return errors.New("audit prove: --out is missing: name the file that the proof is written to")
	}
	if err := replaceable(o.out, proof.Begin, "proof"); err != nil {
		return fmt.Errorf("write proof: %w", err)
	}
	cfg, where, err := a.loadPlace(dir, o.config)
	if err != nil {
		return err
	}
	history, err := statefile.Gather(where.Entries(ctx), 0)
	if err != nil {
		return err
	}
	move, err := oneAction(history, what)
	if err != nil {
		return err
	}
	p := &proving{app: a, cfg: cfg, where: where, history: history, move: move}
	p.bundle.Action, p.bundle.Ledger = move.Action.ID, history.State.Ledger()
	last, err := p.findAnchor(ctx)
	if err != nil {
		return err
	}
	if err := p.findEntries(ctx, last); err != nil {
		return err
	}
	if err := p.findPlan(o.plan); err != nil {
		return err
	}
	if !o.without {
		p.findConfiguration(ctx)
	}
	file, err := proof.Encode(p.bundle)
	if err != nil {
		return err
	}
	if _, err := proof.Decode(file); err != nil {
		return fmt.Errorf("make proof: %w", err)
	}
	if verdict := proof.Check(p.bundle, proof.Trust{Signers: cfg.Approvals.Signers}); verdict.Refuted() {
		return errors.Join(report.Proof(a.env.Stderr, verdict, a.style(a.env.StderrTerminal)), errors.New("audit prove: what is known of the action contradicts itself; nothing was written"))
	}
	if err := durable.WriteFile(a.env.FS, o.out, file, 0o644); err != nil {
		return fmt.Errorf("write proof %s: %w", o.out, err)
	}
	for _, note := range p.notes {
		fmt.Fprintf(a.env.Stderr, "Note: %s.\n", note)
	}
	_, err = fmt.Fprintf(a.env.Stdout, "Wrote the proof of %s to %s: %d entries, %d bytes. Whoever has it checks it with:\n\n  flexform audit check --signers ALLOWED_SIGNERS %s\n", report.ActionText(move.Action.ID), o.out, len(p.bundle.Entries), len(file), report.ShellWord(o.out))
	return err
}

// oneAction finds the one action that a word names.
func oneAction(h *statefile.History, what string) (statefile.Move, error) {
	var found []statefile.Move
	for _, m := range h.Moves {
		i := m.Entry.Intent
		switch {
		case i == nil:
		case what == i.Action:
			return m, nil
		case what == i.Transact, what == i.OrderID, what == i.Address, "transaction."+what == i.Address:
			found = append(found, m)
		}
	}
	switch len(found) {
	case 0:
		return statefile.Move{}, fmt.Errorf("audit prove: the ledger has no action %s. Give its id, as this shows it:\n\n  flexform history --moves", report.Visible(what))
	case 1:
		return found[0], nil
	}
	var b strings.Builder
	for _, m := range found[:min(len(found), 20)] {
		b.WriteString("\n  " + report.ShellWord(m.Action.ID))
	}
	return statefile.Move{}, fmt.Errorf("audit prove: %d actions are about %s. Give the id of one:\n%s", len(found), report.Visible(what), b.String())
}

// A proving gathers a bundle.
type proving struct {
	*app
	cfg     *schema.Config
	where   place
	history *statefile.History
	move    statefile.Move
	bundle  proof.Bundle
	notes   []string // what is not in the bundle, and why
}

// findAnchor takes the first anchor behind all that is known of the action, a
// signed one if there is one, and returns its entry; without one the head.
func (p *proving) findAnchor(ctx context.Context) (uint64, error) {
	found, err := p.readAnchors(ctx, p.cfg, p.where, p.history.State)
	if err != nil {
		return 0, err
	}
	if err := anchor.Check(p.history.State, found.place, found.tags); err != nil {
		return 0, err
	}
	best := -1
	for i, t := range found.tags {
		better := best < 0 || t.Signature != nil && found.tags[best].Signature == nil ||
			(t.Signature == nil) == (found.tags[best].Signature == nil) && t.Seq < found.tags[best].Seq
		if t.Ledger == p.bundle.Ledger && t.Seq >= p.move.Last() && better {
			best = i
		}
	}
	if best < 0 {
		p.notes = append(p.notes, fmt.Sprintf("no anchor holds entry %d yet, so who checks the proof has to know the hash of entry %d from elsewhere (--head); flexform audit anchor makes one", p.move.Last(), p.history.Head.Seq))
		return p.history.Head.Seq, nil
	}
	if found.tags[best].Signature == nil {
		p.notes = append(p.notes, fmt.Sprintf("the anchor %s is not signed, so it proves nothing to who has only the file", found.tags[best].Name()))
	}
	p.bundle.Anchor = found.objects[best]
	return found.tags[best].Seq, nil
}

// findEntries takes the entries from the begin of the action's apply on.
func (p *proving) findEntries(ctx context.Context, last uint64) error {
	for e, err := range p.where.Entries(ctx) {
		if err != nil {
			return err
		}
		if e.Seq < p.move.Begin.Seq {
			continue
		}
		if e.Seq > last {
			break
		}
		line, err := statefile.Line(e)
		if err != nil {
			return err
		}
		p.bundle.Entries = append(p.bundle.Entries, line)
	}
	return nil
}

// findPlan takes the plan file, and the approvals of those whom the ledger names.
func (p *proving) findPlan(file string) error {
	begin := *p.move.Begin
	named, err := proof.Approvers(*begin.Begin)
	if err != nil {
		return fmt.Errorf("entry %d: %w", begin.Seq, err)
	}
	if file == "" {
		note := "the plan is not in the proof: name its file with --plan"
		if named != nil {
			note += "; neither are the approvals beside it"
		}
		p.notes = append(p.notes, note)
		return nil
	}
	saved, err := readPlan(file)
	if err != nil {
		return err
	}
	if saved.Digest != begin.Begin.Plan {
		return fmt.Errorf("audit prove: %s holds plan %s, and the action belongs to plan %s", file, saved.Digest, begin.Begin.Plan)
	}
	if p.bundle.Plan, err = plan.Encode(saved); err != nil {
		return err
	}
	files, err := readStatements(file)
	if err != nil {
		return err
	}
	var keys []schema.Signer
	for i, f := range files {
		s, err := approval.Parse(f.Text)
		key, plain, unread := approval.ReadSignature(f.Signature)
		if err != nil || unread != nil {
			continue
		}
		files[i].Signature = plain
		keys = append(keys, schema.Signer{Principals: []string{s.Signer}, Key: key})
	}
	for _, who := range named {
		// Each key is looked at under the name that its statement has; whether it
		// is theirs says who checks.
		var fits []schema.Signer
		for _, k := range keys {
			if k.Principals[0] == who.Name {
				fits = append(fits, k)
			}
		}
		v, err := proof.FindApproval(who, begin, files, fits)
		if err != nil {
			p.notes = append(p.notes, fmt.Sprintf("the %s of %s is not in the proof: %v", who.Kind, who.Name, err))
			continue
		}
		for _, f := range files {
			if string(f.Text) == string(v.Statement().Encode()) {
				p.bundle.Approvals = append(p.bundle.Approvals, proof.Approval{Text: string(f.Text), Signature: string(f.Signature)})
				break
			}
		}
	}
	return nil
}

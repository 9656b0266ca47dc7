package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"flexform/internal/durable"
	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/approval"
	"flexform/plan/policy"
	"flexform/schema"
	"flexform/statefile"
)

// approveRows is how many rows of a list are shown before the question.
const approveRows = 20

type approveOptions struct {
	config configFlags
	dir    string
	key    string
	as     string
	print  bool
	cancel bool
	record bool
	glass  string // the reason; empty to leave it whole
}

func (o approveOptions) kind() approval.Kind {
	switch {
	case o.cancel:
		return approval.Cancel
	case o.glass != "":
		return approval.Break
	}
	return approval.Approve
}

func (a *app) approveCommand() *cobra.Command {
	var o approveOptions
	cmd := &cobra.Command{
		Use:   "approve PLAN",
		Short: "Sign a saved plan, so that it can be applied",
		Long: `Shows a plan, asks for the first characters of its digest, and signs an approval
with your SSH key: from --key, or from the SSH agent. The approval and its
signature are two files beside the plan; commit them with it. Whose signatures
count, and how many a plan needs, says the approvals block of the settings.

With --cancel you take a plan back: from then on it is not applied while that
file stands beside it. With --record the ledger has it as well, and then no copy
of the plan is applied with a signature of before. That is for a ledger that the
applies use, too: one in a database, or on this machine.

With --break-glass REASON you have it applied without the approvals that it
needs, and without the time to wait after them, where the settings let you.
Limits, checks and everything else hold. It is never silent: the ledger keeps
who did it and why, and later plans show it.`,
		Example: "  flexform approve plan.json\n  flexform approve --key ~/.ssh/id_ed25519 plan.json\n  flexform approve --print --as anna@example.com plan.json   # to sign with ssh-keygen\n  flexform approve --cancel plan.json\n  flexform approve --break-glass 'INC 812: paid out twice since noon' plan.json",
		Args:    takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("break-glass") { // an empty reason must not make it an approval
				if err := approval.CheckReason(o.glass); err != nil {
					return fmt.Errorf("approve --break-glass: %w; nothing was signed", err)
				}
			}
			return a.runApprove(cmd.Context(), args[0], o)
		},
	}
	o.config.register(cmd)
	cmd.Flags().StringVar(&o.dir, "folder", "", "the configuration's `folder`, when it is not where the plan says")
	cmd.Flags().StringVar(&o.key, "key", "", "sign with this private key `file`, or with the agent's key that this .pub file names")
	cmd.Flags().StringVar(&o.as, "as", "", "sign as this `name` of the allowed signers, when the key has several")
	cmd.Flags().BoolVar(&o.print, "print", false, "write what is to be signed, and sign nothing; needs --as")
	cmd.Flags().BoolVar(&o.cancel, "cancel", false, "cancel the plan instead")
	cmd.Flags().StringVar(&o.glass, "break-glass", "", "have the plan applied without its approvals, for this `reason`")
	cmd.Flags().BoolVar(&o.record, "record", false, "with --cancel: record it in the ledger, too, which stops every copy of the plan")
	cmd.MarkFlagsMutuallyExclusive("cancel", "break-glass")
	return cmd
}

func (a *app) runApprove(ctx context.Context, file string, o approveOptions) error {
	if o.record && !o.cancel {
		return errors.New("approve --record: only a cancellation is recorded; what else is signed stands beside the plan")
	}
	if o.print && (o.as == "" || o.key != "") {
		return errors.New("approve --print writes what somebody else's program signs: say as whom with --as, and leave out --key")
	}
	p, err := readPlan(file)
	if err != nil {
		return err
	}
	facts, err := a.approvalFacts(ctx, file, p, o)
	if err != nil {
		return err
	}
	signers := facts.Config.Approvals.Signers
	who, key, err := a.approver(signers, o)
	if err != nil {
		return err
	}
	may := policy.MayApprove
	if o.kind() == approval.Break {
		may = policy.MayBreak
	}
	if why := may(p, facts, who); why != "" && !o.cancel {
		return &policy.RefusedError{Reason: policy.NotApproved, Detail: why + " Nothing was signed."}
	}
	s := approval.New(o.kind(), p, cmpName(o.as, who), facts.Now, facts.Config.Approvals.Expires)
	s.Reason = o.glass
	if o.print {
		return a.printStatement(file, s)
	}
	if err := a.printPlan(p, &facts, planOptions{rows: approveRows}); err != nil {
		return err
	}
	if err := a.confirm(ctx, p, s); err != nil {
		return err
	}
	signature, err := approval.Sign(s, key)
	if err != nil {
		return err
	}
	if err := a.keepStatement(ctx, file, s, signature, facts, o); err != nil || !o.record {
		return err
	}
	return a.recordCancel(ctx, facts.Config, s, ssh.FingerprintSHA256(key.PublicKey()))
}

// recordCancel writes a cancellation into the ledger. Its file stands already.
func (a *app) recordCancel(ctx context.Context, cfg *schema.Config, s approval.Statement, fingerprint string) (err error) {
	state, err := a.readLedger(ctx, cfg)
	if err != nil {
		return fmt.Errorf("the cancellation stands beside the plan, and is not in the ledger: %w", err)
	}
	if _, entries := state.Head(); entries == 0 {
		return errors.New("the cancellation stands beside the plan, and is not in the ledger: there is none yet where the settings say, so applies use another one, or none was made")
	}
	ledger, err := a.openLedger(ctx, cfg, "approve")
	if err != nil {
		return fmt.Errorf("the cancellation stands beside the plan, and is not in the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	entries, err := ledger.Append(ctx, statefile.Cancelled{Plan: s.Plan, Signer: s.Signer + " (" + fingerprint + ")", Actor: a.env.Actor})
	if err != nil {
		return fmt.Errorf("the cancellation stands beside the plan, and is perhaps not in the ledger: %w", err)
	}
	fmt.Fprintf(a.env.Stderr, "Recorded as entry %d of the ledger: no copy of the plan is applied with a signature of before.\n", entries[0].Seq)
	return nil
}

func cmpName(given string, who schema.Signer) string {
	if given != "" {
		return strings.ToLower(given)
	}
	return who.Principals[0]
}

// approvalFacts reads what the plan is held against, and refuses a plan that
// could not be applied even with all signatures. One that is to be cancelled
// may be out of date in any way.
func (a *app) approvalFacts(ctx context.Context, file string, p *plan.Plan, o approveOptions) (policy.Facts, error) {
	dir, err := planFolder(file, p, o.dir, "approve")
	if err != nil {
		return policy.Facts{}, err
	}
	cfg, err := a.load(dir, o.config)
	if err != nil {
		return policy.Facts{}, err
	}
	if !cfg.Approvals.Required() {
		return policy.Facts{}, errors.New("approve: the settings have no approvals block, so plans need no signature and nobody is known who may sign; nothing was signed")
	}
	state, err := a.readLedger(ctx, cfg)
	if err != nil {
		return policy.Facts{}, err
	}
	facts := policy.Facts{Now: a.env.Now(), Version: Version, Config: cfg, State: state}
	if facts.Signatures, err = a.signatures(ctx, cfg, p, file, o.config); err != nil || o.cancel {
		return facts, err
	}
	_, err = policy.Check(p, facts)
	if onlyUnrehearsed(err) {
		return facts, nil
	}
	if refused, ok := errors.AsType[*policy.RefusedError](err); ok && refused.Reason == policy.NotApproved {
		if cancelled := policy.Approvals(p, facts).Cancelled; len(cancelled) == 0 {
			err = nil // that is what we are here for
		}
	}
	return facts, err
}

// approver finds who signs, and the key; no key where only the lines are
// wanted.
func (a *app) approver(signers []schema.Signer, o approveOptions) (schema.Signer, ssh.Signer, error) {
	named := signers
	if o.as != "" {
		named = nil
		for _, s := range signers {
			if slices.Contains(s.Principals, strings.ToLower(o.as)) {
				named = append(named, s)
			}
		}
		if len(named) == 0 {
			return schema.Signer{}, nil, fmt.Errorf("approve: %s is not one of the allowed signers; nothing was signed", report.Visible(o.as))
		}
	}
	if o.print {
		return named[0], nil, nil
	}
	return a.signingKey("approve", named, o.key)
}

// printStatement writes the lines for another program to sign.
func (a *app) printStatement(file string, s approval.Statement) error {
	name := s.FileName(file)
	if err := durable.WriteFile(a.env.FS, name, s.Encode(), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	fmt.Fprintf(a.env.Stderr, "Wrote %s. Read it, then sign it with your key, for this purpose and no other:\n\n  ssh-keygen -Y sign -n %s -f KEY %s\n", name, schema.ApprovalNamespace, report.ShellWord(name))
	return nil
}

// leastTyped is how many characters of the digest must be typed.
const leastTyped = 6

// confirm wants the beginning of the digest: who types it has looked at it.
func (a *app) confirm(ctx context.Context, p *plan.Plan, s approval.Statement) error {
	what := fmt.Sprintf("approve this plan as %s until %s", s.Signer, s.ExpiresAt.Format("2006-01-02 15:04 UTC"))
	switch s.Kind {
	case approval.Break:
		what = fmt.Sprintf("BREAK THE GLASS for this plan as %s until %s: it is applied without the approvals that it needs, which the record keeps. Your reason:\n\n  %s\n\nNobody else looks at it before money moves", s.Signer, s.ExpiresAt.Format("2006-01-02 15:04 UTC"), report.Visible(s.Reason))
	case approval.Cancel:
		what = fmt.Sprintf("cancel this plan as %s; it is not applied any more then", s.Signer)
	}
	fmt.Fprintf(a.env.Stderr, "\nYou are about to %s.\nType the first %d characters or more of its digest, those behind sha256:\n\n  Digest? ", what, leastTyped)
	answer, err := a.answer(ctx)
	if err != nil {
		return fmt.Errorf("approve: %w; nothing was signed", err)
	}
	typed := strings.TrimPrefix(answer, "sha256:")
	if len(typed) < leastTyped || !strings.HasPrefix(strings.TrimPrefix(p.Digest, "sha256:"), typed) {
		return errors.New("approve: that is not how the plan's digest begins; nothing was signed")
	}
	return nil
}

// keepStatement writes a statement and its signature beside the plan, and says
// how the plan stands with it.
func (a *app) keepStatement(ctx context.Context, file string, s approval.Statement, signature []byte, facts policy.Facts, o approveOptions) error {
	name := s.FileName(file)
	if _, err := approval.Verify(approval.File{Name: name, Text: s.Encode(), Signature: signature}, facts.Config.Approvals.Signers); err != nil {
		return fmt.Errorf("approve: what was signed does not verify: %w", err)
	}
	for _, part := range []struct {
		name string
		data []byte
	}{{name, s.Encode()}, {name + ".sig", signature}} {
		if err := durable.WriteFile(a.env.FS, part.name, part.data, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", part.name, err)
		}
	}
	p, err := readPlan(file)
	if err != nil {
		return err
	}
	if facts.Signatures, err = a.signatures(ctx, facts.Config, p, file, o.config); err != nil {
		return err
	}
	fmt.Fprintf(a.env.Stderr, "Wrote %s and %s.sig.\n%s\n", name, name, strings.Join(policy.Approvals(p, facts).Lines(facts.Now), "\n"))
	return nil
}

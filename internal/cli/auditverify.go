package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"flexform/internal/report"
	"flexform/plan/approval"
	"flexform/plan/proof"
	"flexform/schema"
	"flexform/statefile"
	"flexform/statefile/anchor"
)

type verifyOptions struct {
	config  configFlags
	plans   []string
	signers string
	json    bool
}

func (a *app) auditVerifyCommand() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify [FOLDER]",
		Short: "Verify the ledger: its chain, its anchors, and the approvals of plans",
		Long: `Reads the ledger from its first entry, and names the first that does not verify. Holds
it against the anchors in the folder's git repository. With the file of a plan, the
approvals beside it are verified, too, and held against whom the ledger names.

Signatures are held against --signers, a file in the form of OpenSSH's
allowed_signers, or else against the signers of the settings.`,
		Example: "  flexform audit verify shop\n  flexform audit verify --plan plan.json --signers allowed_signers shop",
		Args:    takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runAuditVerify(cmd.Context(), folder(args), o)
		},
	}
	o.config.register(cmd)
	cmd.Flags().StringArrayVar(&o.plans, "plan", nil, "verify the approvals beside this plan `file` (may be repeated)")
	cmd.Flags().StringVar(&o.signers, "signers", "", "`file` of the keys that may sign")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the result as JSON")
	return cmd
}

func (a *app) runAuditVerify(ctx context.Context, dir string, o verifyOptions) error {
	cfg, where, err := a.loadPlace(dir, o.config)
	if err != nil {
		return err
	}
	signers := cfg.Approvals.Signers
	if o.signers != "" {
		if signers, err = a.readSigners(o.signers); err != nil {
			return err
		}
	}
	approvals, err := readApprovals(o.plans)
	if err != nil {
		return err
	}
	audit := report.Audit{Path: where.String()}
	for e, err := range where.Entries(ctx) {
		if err != nil {
			return err
		}
		if audit.First.Seq == 0 {
			audit.First = e
		}
		audit.Last = e
		if e.Kind == statefile.KindBegin {
			audit.Plans++
			auditApprovals(&audit, e, approvals, signers)
		}
	}
	for digest := range approvals {
		audit.Problems = append(audit.Problems, fmt.Sprintf("plan %s was never applied by this ledger, or needed no approval", digest))
	}
	slices.Sort(audit.Problems)
	if audit.State, err = where.Read(ctx); err != nil {
		return err
	}
	audit.Unknown = len(audit.State.Undecided())
	if err := a.auditAnchors(ctx, cfg, where, &audit, signers); err != nil {
		return err
	}
	if o.json {
		err = report.AuditJSON(a.env.Stdout, audit)
	} else {
		err = report.AuditText(a.env.Stdout, audit, a.style(a.env.StdoutTerminal))
	}
	switch {
	case err != nil:
		return err
	case audit.Refused != nil:
		return audit.Refused
	case len(audit.Problems) > 0:
		return exitWith(exitError)
	}
	return nil
}

// auditApprovals holds what a begin entry says of approvals against the files of
// its plan, where they are to be had.
func auditApprovals(audit *report.Audit, begin statefile.Entry, files map[string][]approval.File, signers []schema.Signer) {
	recorded, err := proof.Approvers(*begin.Begin)
	if err != nil {
		audit.Problems = append(audit.Problems, fmt.Sprintf("entry %d: %v", begin.Seq, err))
		return
	}
	if recorded == nil {
		return
	}
	p := report.AuditedPlan{Plan: begin.Begin.Plan, Seq: begin.Seq, Recorded: report.Approvers(*begin.Begin)}
	given, ok := files[begin.Begin.Plan]
	switch {
	case !ok:
		p.Note = "recorded, and not verified: name the plan's file with --plan"
	case len(signers) == 0:
		p.Note = "recorded, and not verified: say whose keys count with --signers"
		delete(files, begin.Begin.Plan)
	default:
		delete(files, begin.Begin.Plan)
		for _, who := range recorded {
			v, err := proof.FindApproval(who, begin, given, signers)
			if err != nil {
				audit.Problems = append(audit.Problems, fmt.Sprintf("entry %d says that %s %s plan %s: %v", begin.Seq, who, who.Did(), begin.Begin.Plan, err))
				continue
			}
			p.Verified = append(p.Verified, verifiedText(who, v))
		}
		if p.Verified == nil {
			p.Note = "recorded, and not verified: see below"
		}
	}
	audit.Approvals = append(audit.Approvals, p)
}

func verifiedText(who proof.Approver, v approval.Verified) string {
	at := report.Time(v.Statement().SignedAt)
	if who.Kind == approval.Break {
		return fmt.Sprintf("glass broken by %s at %s: %s", who, at, v.Statement().Reason)
	}
	return fmt.Sprintf("signed by %s at %s", who, at)
}

// readApprovals reads what stands beside plan files, by the plans' digests.
func readApprovals(plans []string) (map[string][]approval.File, error) {
	all := map[string][]approval.File{}
	for _, file := range plans {
		p, err := readPlan(file)
		if err != nil {
			return nil, err
		}
		files, err := readStatements(file)
		if err != nil {
			return nil, err
		}
		all[p.Digest] = append(all[p.Digest], files...)
	}
	return all, nil
}

// auditAnchors looks at the anchors of the ledger.
func (a *app) auditAnchors(ctx context.Context, cfg *schema.Config, where place, audit *report.Audit, signers []schema.Signer) error {
	found, err := a.readAnchors(ctx, cfg, where, audit.State)
	if err != nil {
		return err
	}
	switch {
	case len(found.tags) > 0:
	case !inRepository(cfg.Dir):
		audit.NoAnchors = "none: the folder is in no git repository"
	default:
		audit.NoAnchors = "none in this repository"
	}
	slices.SortFunc(found.tags, func(x, y anchor.Tag) int { return cmp.Compare(x.Seq, y.Seq) })
	for _, t := range found.tags {
		audit.Anchors = append(audit.Anchors, auditAnchor(t, signers, &audit.Problems))
	}
	audit.Refused = anchor.Check(audit.State, found.place, found.tags)
	return nil
}

func auditAnchor(t anchor.Tag, signers []schema.Signer, problems *[]string) report.AuditedAnchor {
	at := report.AuditedAnchor{Tag: t}
	who, err := t.Verify(signers)
	stranger, strange := errors.AsType[*anchor.StrangerError](err)
	switch {
	case err == nil:
		at.Good, at.Signed = true, fmt.Sprintf("signed by %s (%s)", who.Principals[0], ssh.FingerprintSHA256(who.Key))
	case errors.Is(err, anchor.ErrUnsigned):
		at.Signed = "not signed"
	case strange && len(signers) == 0:
		at.Signed = fmt.Sprintf("signed with the key %s; whose it is says --signers", ssh.FingerprintSHA256(stranger.Key))
	case strange:
		at.Signed = strings.TrimPrefix(err.Error(), "it is ")
	default:
		at.Signed = "a signature that does not verify"
		*problems = append(*problems, fmt.Sprintf("the tag %s: %v", t.Name(), err))
	}
	return at
}

// readSigners reads a file of allowed signers, and shows its mistakes.
func (a *app) readSigners(file string) ([]schema.Signer, error) {
	text, err := readBounded(file, maxSigners)
	if err != nil {
		return nil, fmt.Errorf("read signers %s: %w", file, unwrapped(err))
	}
	signers, diags := schema.ParseSigners(file, text)
	if diags.HasErrors() {
		if err := report.Diagnostics(a.env.Stderr, map[string][]byte{file: text}, diags, a.style(a.env.StderrTerminal)); err != nil {
			return nil, err
		}
		return nil, exitWith(exitError)
	}
	if len(signers) == 0 {
		return nil, fmt.Errorf("read signers %s: it names nobody", file)
	}
	return signers, nil
}

// maxSigners bounds a file of allowed signers, in bytes.
const maxSigners = 1 << 20

// readBounded reads a file of at most so many bytes.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("it is larger than %d bytes", most)
	}
	return data, err
}

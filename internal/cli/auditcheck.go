package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"flexform/internal/report"
	"flexform/plan/proof"
)

type checkOptions struct {
	signers string
	head    string
	json    bool
}

func (a *app) auditCheckCommand() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a proof that audit prove wrote, with public keys alone",
		Long: `Checks every statement of a proof and says what is proven and what is only said. Reads
that file and the signers, and nothing else: no ledger, no repository, no network.

A proof needs something that you trust: the keys of those who anchor and approve, in
the form of OpenSSH's allowed_signers, or the hash of its last entry. Exit codes:
0 proven; 1 something in it is wrong; 3 nothing is wrong, and not all of it is shown
by what you trust.`,
		Example: "  flexform audit check --signers allowed_signers proof.json\n  flexform audit check --head sha256:1f3c... proof.json",
		Args:    takes(1, 1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.runAuditCheck(args[0], o) },
	}
	cmd.Flags().StringVar(&o.signers, "signers", "", "`file` of the keys whose signatures count")
	cmd.Flags().StringVar(&o.head, "head", "", "the `hash` of the proof's last entry, as you know it from elsewhere")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the findings as JSON")
	return cmd
}

func (a *app) runAuditCheck(file string, o checkOptions) error {
	trust := proof.Trust{Head: o.head}
	if o.head != "" && !planDigest.MatchString(o.head) {
		return errors.New("--head is not a whole hash: sha256: and 64 characters behind it, as audit verify shows it")
	}
	var err error
	if o.signers != "" {
		if trust.Signers, err = a.readSigners(o.signers); err != nil {
			return err
		}
	}
	data, err := readBounded(file, proof.MaxBundle)
	if err != nil {
		return fmt.Errorf("read proof %s: %w", file, unwrapped(err))
	}
	bundle, err := proof.Decode(data)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	verdict := proof.Check(bundle, trust)
	if o.json {
		err = report.ProofJSON(a.env.Stdout, verdict)
	} else {
		err = report.Proof(a.env.Stdout, verdict, a.style(a.env.StdoutTerminal))
	}
	switch {
	case err != nil:
		return err
	case verdict.Refuted():
		return exitWith(exitError)
	case !verdict.Proven():
		return exitWith(exitBlocked)
	}
	return nil
}

package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"flexform/internal/report"
)

func (a *app) auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Verify the ledger, anchor its head outside, and prove single actions",
		Long: `The ledger's hashes show a change, but not that its end is missing or that an older
copy stands in its place. An anchor does: the head, kept as a git tag.`,
		Example: "  flexform audit verify shop\n  flexform audit anchor shop\n  flexform audit prove 11111112 --plan plan.json --out proof.json shop\n  flexform audit check --signers allowed_signers proof.json",
		Args:    takes(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.auditVerifyCommand(), a.auditAnchorCommand(), a.auditProveCommand(), a.auditCheckCommand())
	return cmd
}

type anchorOptions struct {
	config   configFlags
	key      string
	unsigned bool
}

func (a *app) auditAnchorCommand() *cobra.Command {
	var o anchorOptions
	cmd := &cobra.Command{
		Use:   "anchor [FOLDER]",
		Short: "Keep the ledger's head as a git tag",
		Long: `Writes the number and the hash of the ledger's last entry as an annotated tag of the
folder's git repository. From then on a ledger that does not hold that entry, as an
older copy does not, is refused. Push the tag: it helps where the ledger's attacker
cannot reach.

The tag is signed with --key, or with user.signingkey where your own git configuration
has gpg.format = ssh; plain git verify-tag checks it as well. Ledger blocks with
anchor = "git" have every command that wrote to the ledger do this.`,
		Example: "  flexform audit anchor shop\n  flexform audit anchor --key ~/.ssh/id_ed25519 shop\n  git push origin 'refs/tags/flexform/*'",
		Args:    takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runAuditAnchor(cmd.Context(), folder(args), o)
		},
	}
	o.config.register(cmd)
	cmd.Flags().StringVar(&o.key, "key", "", "sign with this private key `file`, or with the agent's key that this .pub file names")
	cmd.Flags().BoolVar(&o.unsigned, "unsigned", false, "do not sign, whatever git is configured to do")
	return cmd
}

func (a *app) runAuditAnchor(ctx context.Context, dir string, o anchorOptions) error {
	if o.unsigned && o.key != "" {
		return errors.New("--key and --unsigned: one of them")
	}
	cfg, where, err := a.loadPlace(dir, o.config)
	if err != nil {
		return err
	}
	state, err := where.Read(ctx)
	if err != nil {
		return err
	}
	a.noteTorn(state)
	var key ssh.Signer
	switch {
	case o.key != "":
		key, err = a.anchorKey(o.key)
	case !o.unsigned:
		key, err = a.configuredKey(ctx, cfg.Dir)
	}
	if err != nil {
		return err
	}
	tag, made, err := a.writeAnchor(ctx, cfg, where, state, key)
	if err != nil {
		return err
	}
	if err := report.Anchored(a.env.Stdout, tag, made); err != nil || !made {
		return err
	}
	fmt.Fprintf(a.env.Stderr, "To have it where the ledger is not, and keep others from changing it there:\n\n  git push origin %s\n", tag.Ref())
	return nil
}

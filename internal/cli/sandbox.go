package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"flexform/dibs/sandbox"
)

type sandboxOptions struct {
	listen, store, seed, merchant, settle string
	singleRefund                          bool
}

func (a *app) sandboxCommand() *cobra.Command {
	var o sandboxOptions
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a FlexWin gateway on this machine",
		Long: `Runs a FlexWin gateway that any FlexWin client can be pointed at. Its API user is
FLEXFORM_SANDBOX_USER and FLEXFORM_SANDBOX_PASSWORD ("sandbox" and "sandbox"
when not set). What it saw and did, for people: its merchant page, at /. The
same for programs: /_sandbox/transactions and /_sandbox/calls.`,
		Example: "  flexform sandbox --seed transactions.csv\n  flexform sandbox --listen 127.0.0.1:8080 --store sandbox.db --settle manual",
		Args:    takes(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runSandbox(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:0", "`address` to listen on; port 0 takes a free one")
	cmd.Flags().StringVar(&o.store, "store", "", "SQLite `file` that keeps the money; without it, memory only")
	cmd.Flags().StringVar(&o.seed, "seed", "", "CSV `file` of transactions to start with")
	cmd.Flags().StringVar(&o.merchant, "merchant", "12345678", "merchant `id` that seed rows belong to when they name none")
	cmd.Flags().StringVar(&o.settle, "settle", "instant", "`when` captures and refunds become final: instant, manual, or after a duration such as 30s")
	cmd.Flags().BoolVar(&o.singleRefund, "single-refund", false, "refuse a second refund of a transaction")
	return cmd
}

func (o sandboxOptions) settleMode() (sandbox.SettleMode, error) {
	switch o.settle {
	case "instant":
		return sandbox.Instant, nil
	case "manual":
		return sandbox.Manual, nil
	}
	d, err := time.ParseDuration(o.settle)
	if err != nil || d <= 0 {
		return sandbox.Instant, fmt.Errorf("--settle=%s: write instant, manual or a duration such as 30s", o.settle)
	}
	return sandbox.SettleMode(d), nil
}

func (a *app) runSandbox(ctx context.Context, o sandboxOptions) (err error) {
	settle, err := o.settleMode()
	if err != nil {
		return err
	}
	user, password := a.env.value("FLEXFORM_SANDBOX_USER"), a.env.value("FLEXFORM_SANDBOX_PASSWORD")
	if user == "" && password == "" {
		user, password = "sandbox", "sandbox"
	}
	gateway, err := sandbox.Open(sandbox.Options{
		Store: o.store, Users: []sandbox.User{{Name: user, Password: password}},
		Settle: settle, SingleRefund: o.singleRefund, Now: a.env.Now,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.Close()) }()
	if err := seedGateway(gateway, o); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	fmt.Fprintf(a.env.Stdout, "listening on http://%s\n", listener.Addr())
	fmt.Fprintf(a.env.Stderr, "Merchant page: http://%s/\n", listener.Addr())
	fmt.Fprintf(a.env.Stderr, "API user %q. Stop with Ctrl-C.\n", user)
	return sandbox.Serve(ctx, listener, gateway)
}

func seedGateway(gateway *sandbox.Gateway, o sandboxOptions) error {
	if o.seed == "" {
		return nil
	}
	f, err := os.Open(o.seed)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer f.Close()
	return seedRows(gateway, f, o.seed, o.merchant)
}

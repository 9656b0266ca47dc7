package cli

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"flexform/dibs/sandbox"
	"flexform/internal/report"
)

func (a *app) sandboxCommand() *cobra.Command {
	var o sandboxOptions
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a FlexWin gateway on this machine",
		Long: `Runs a FlexWin gateway that any FlexWin client can be pointed at; its address is
the first line on stdout. What it saw and did, for people: its merchant page, at
/. The same for programs: /_sandbox/transactions and /_sandbox/calls. All of it:
docs/sandbox.md.

Its API users are those of --api-user and the one in FLEXFORM_SANDBOX_USER and
FLEXFORM_SANDBOX_PASSWORD; without any, "sandbox" with the password "sandbox".
MD5 keys may stand in FLEXFORM_SANDBOX_MD5_KEY1 and FLEXFORM_SANDBOX_MD5_KEY2
instead of --md5-keys, where no list of processes shows them.`,
		Example: `  flexform sandbox --seed transactions.csv
  flexform sandbox --listen 127.0.0.1:8080 --store sandbox.db --settle manual
  flexform sandbox --seed transactions.csv --faults faults.txt
  flexform sandbox --seed transactions.csv --faults seed=7
  flexform sandbox --seed transactions.csv --tls good --tls-ca ca.pem
  flexform sandbox --seed transactions.csv --sftp 127.0.0.1:2222 --bulk 10s
  flexform sandbox --api-user shop:secret --lockout off --rate-limit 200ms`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runSandbox(cmd.Context(), o) },
	}
	o.addTo(cmd)
	return cmd
}

func (a *app) runSandbox(ctx context.Context, o sandboxOptions) (err error) {
	options, err := o.gateway(a.env)
	if err != nil {
		return err
	}
	gateway, err := sandbox.Open(options)
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
	servers, err := o.bulkServers()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	base := fmt.Sprintf("%s://%s", gateway.Scheme(), listener.Addr())
	if err := o.announceTLS(a.env.Stderr, gateway); err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintln(a.env.Stdout, base) // alone on its line, for scripts
	fmt.Fprintf(a.env.Stderr, "Merchant page: %s/\n", base)
	if err := o.announceBulk(a.env.Stderr, gateway, base, servers); err != nil {
		return err
	}
	announceFaults(a.env.Stderr, o.faults, options.Faults)
	fmt.Fprintf(a.env.Stderr, "%s. Stop with Ctrl-C.\n", userList(options.Users))
	return serveAll(ctx, listener, gateway, servers)
}

// announceTLS writes the file with which clients can trust the gateway, and says
// what they will meet.
func (o *sandboxOptions) announceTLS(w io.Writer, g *sandbox.Gateway) error {
	if o.tls == "" {
		return nil
	}
	if o.tlsCA != "" {
		authority, err := g.Authority()
		if err != nil {
			return err
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw})
		if err := os.WriteFile(o.tlsCA, text, 0o644); err != nil {
			return fmt.Errorf("--tls-ca: %w", err)
		}
	}
	switch {
	case o.tls != string(sandbox.TLSGood):
		fmt.Fprintf(w, "TLS is bad on purpose (%s): a client that looks sends nothing.\n", o.tls)
	case o.tlsCA == "":
		fmt.Fprintln(w, "TLS with an authority of its own: --tls-ca FILE writes its certificate, for clients to trust.")
	default:
		fmt.Fprintf(w, "TLS with an authority of its own. flexform trusts it with FLEXFORM_CA_FILE=%s.\n", report.ShellWord(o.tlsCA))
	}
	return nil
}

// announceFaults says what will go wrong. What was drawn is shown, so that it can
// be read, and written to a file.
func announceFaults(w io.Writer, from string, faults []sandbox.Fault) {
	if len(faults) == 0 {
		return
	}
	fmt.Fprintf(w, "Faults in force: %d. Each plays as its line says; see /faults.\n", len(faults))
	if strings.HasPrefix(from, "seed=") {
		for _, f := range faults {
			fmt.Fprintf(w, "  %s\n", f)
		}
	}
}

// userList names the API users: `API users "a" and "b"`.
func userList(users []sandbox.User) string {
	names := make([]string, len(users))
	for i, u := range users {
		names[i] = fmt.Sprintf("%q", u.Name)
	}
	if len(names) == 1 {
		return "API user " + names[0]
	}
	return "API users " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
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
	rows, err := readRows(f, o.seed)
	if err != nil {
		return err
	}
	return gateway.Seed(ownedBy(o.merchant, rows))
}

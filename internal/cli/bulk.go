package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"
	_ "time/tzdata" // the calendar of DIBS, also where the machine has no zones

	"flexform/apply"
	"flexform/dibs/bulk"
	"flexform/dibs/sandbox"
	"flexform/internal/report"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// dibsZone is where DIBS is, and so when the day of a file's name begins. It
// is not documented (flexwin.md 9.7).
const dibsZone = "Europe/Copenhagen"

const (
	viaCalls = "calls"
	viaBulk  = "bulk"
)

// openDrop begins a session with a merchant's server of bulk files. It tries
// once, and is never called twice at once.
type openDrop = func(context.Context) (apply.Session, error)

// A bulkOption says how an apply sends, and how long it waits for responses.
type bulkOption struct {
	via  string
	wait string
}

func (o bulkOption) check() error {
	switch {
	case o.via != viaCalls && o.via != viaBulk:
		return fmt.Errorf(`--via=%s: write "calls", one for each action, or "bulk", the refunds as one file`, o.via)
	case o.via == viaCalls && o.wait != "":
		return errors.New("--wait is how long the response of a bulk file is waited for: add --via bulk")
	}
	_, err := o.patience()
	return err
}

// patience is how long a response is waited for; below zero there is no end.
func (o bulkOption) patience() (time.Duration, error) {
	if o.wait == "" {
		return -1, nil
	}
	d, err := time.ParseDuration(o.wait)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("--wait=%s: write a time such as 30m, or 0s to send the file and not to wait", o.wait)
	}
	return d, nil
}

// setting is what the runner is told. An apply by calls looks once for the
// response of a file that an earlier one has sent.
func (o bulkOption) setting(mode schema.Mode) (apply.Bulk, error) {
	zone, err := time.LoadLocation(dibsZone)
	if err != nil {
		return apply.Bulk{}, err
	}
	b := apply.Bulk{Zone: zone}
	if o.via == viaBulk {
		if b.Patience, err = o.patience(); err != nil {
			return apply.Bulk{}, err
		}
	}
	if mode == schema.ModeSandbox { // which does not mind
		b.FirstPause, b.LongestPause = 100*time.Millisecond, 2*time.Second
	}
	return b, nil
}

// interrupted says what the first interruption of an apply means.
func (o bulkOption) interrupted() string {
	if o.via == viaBulk {
		return "Interrupted: a bulk file that is not released is taken back. One that is stays as it is, and the next apply reads its response; interrupt again to leave at once."
	}
	return "Interrupted: no further call starts. Those under way finish and are recorded; interrupt again to leave at once."
}

// leftForCalls returns how many actions were not started because a bulk file
// does not take them: held back, and not failed.
func leftForCalls(r apply.Result) (n int) {
	for _, a := range r.NotStarted {
		if errors.Is(a.Err, apply.ErrNotInFile) {
			n++
		}
	}
	return n
}

// bulkCredentials are those for a merchant's server of bulk files.
type bulkCredentials struct {
	user     string
	password bulk.Secret
}

// readBulkCredentials finds them where the others are, and shows them only to
// a host that somebody outside the configuration vouched for.
func readBulkCredentials(env Env, m schema.Merchant) (bulkCredentials, error) {
	lookup, err := secretLookup(env)
	if err != nil {
		return bulkCredentials{}, err
	}
	user, password := variable(m.Name, "BULK_USER"), variable(m.Name, "BULK_PASSWORD")
	c := bulkCredentials{lookup(user), bulk.NewSecret(lookup(password))}
	if c.user == "" || c.password.Empty() {
		return bulkCredentials{}, fmt.Errorf("merchant %q has no login for its server of bulk files; nothing was sent. Set\n\n  %s\n  %s", m.Name, user, password)
	}
	u, err := url.Parse(m.Bulk.Address)
	if err != nil {
		return bulkCredentials{}, fmt.Errorf("merchant %q: address of bulk: %w", m.Name, err)
	}
	if host := u.Hostname(); !loopback(host) && !trustedHost(env, host) {
		return bulkCredentials{}, fmt.Errorf("merchant %q: its bulk files would go to %q, which is not listed in FLEXFORM_TRUSTED_HOSTS; nothing was sent. If the host is right, run with\n\n  FLEXFORM_TRUSTED_HOSTS=%s", m.Name, host, host)
	}
	return c, nil
}

// dropOf returns how to reach a merchant's server of bulk files, nil when it has
// none. Without credentials every try says what is missing. authorities are
// those of [readAuthorities].
func (a *app) dropOf(m schema.Merchant, authorities *x509.CertPool) openDrop {
	if !m.Bulk.Valid() {
		return nil
	}
	c, missing := readBulkCredentials(a.env, m)
	return func(ctx context.Context) (apply.Session, error) {
		if missing != nil {
			return nil, missing
		}
		session, err := dialBulk(ctx, m.Bulk, c, authorities)
		if err != nil {
			return nil, fmt.Errorf("%s, with the login of %s: %w", m.Bulk.Address, variable(m.Name, "BULK_USER"), err)
		}
		return session, nil
	}
}

// dialBulk opens a session. On this machine FTP goes without encryption, as
// HTTP does: nobody is on the way.
func dialBulk(ctx context.Context, b schema.Bulk, c bulkCredentials, authorities *x509.CertPool) (apply.Session, error) {
	u, err := url.Parse(b.Address)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "sftp" {
		s, err := bulk.DialSFTP(ctx, bulk.SFTPConfig{Address: u.Host, User: c.user, Password: c.password, HostKeys: b.HostKeys, Dir: u.Path})
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	s, err := bulk.DialFTP(ctx, bulk.FTPConfig{Address: u.Host, User: c.user, Password: c.password, Plain: loopback(u.Hostname()), RootCAs: authorities, Dir: u.Path})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// A builtInDrop is the built-in gateway's server of bulk files. It starts when
// it is first needed.
type builtInDrop struct {
	gateway        *sandbox.Gateway
	user, password string

	address, hostKey string
	stop             func() error
}

// open starts the server where it does not run yet, and opens a session. It is
// never called twice at once.
func (d *builtInDrop) open(ctx context.Context) (apply.Session, error) {
	if d.stop == nil {
		if err := d.start(ctx); err != nil {
			return nil, fmt.Errorf("built-in server of bulk files: %w", err)
		}
	}
	return dialBulk(ctx, schema.Bulk{Address: "sftp://" + d.address, HostKeys: []string{d.hostKey}}, bulkCredentials{d.user, bulk.NewSecret(d.password)}, nil)
}

func (d *builtInDrop) start(ctx context.Context) (err error) {
	if d.hostKey, err = d.gateway.HostKey(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	d.address = listener.Addr().String()
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- sandbox.ServeSFTP(serving, listener, d.gateway) }()
	d.stop = func() error {
		cancel()
		return <-served
	}
	return nil
}

// close stops the server, if it runs.
func (d *builtInDrop) close() error {
	if d.stop == nil {
		return nil
	}
	return d.stop()
}

// tellBulk says, before anybody is asked, what goes with a file and what does
// not. It refuses a plan without a refund, and a merchant without a server or
// a login for it: nothing was sent yet.
func (a *app) tellBulk(w io.Writer, conn *connection, p *plan.Plan) error {
	refunds := map[string]int{}
	rest := len(p.Body.Actions)
	for _, action := range p.Body.Actions {
		if action.Verb == statefile.Refund {
			refunds[action.Merchant]++
			rest--
		}
	}
	if rest == len(p.Body.Actions) {
		code := exitBlocked
		if p.Unknown() { // of earlier files, perhaps
			code = exitUnknown
		}
		return &codeError{code: code, err: errors.New("the plan has no refund, and a bulk file takes nothing else; nothing was sent. Apply it without --via bulk")}
	}
	for _, m := range conn.config.Merchants {
		n := refunds[m.ID]
		switch {
		case n == 0:
			continue
		case m.Gateway == builtInName:
			m.Bulk.Address = "the built-in sandbox"
		case !m.Bulk.Valid():
			return fmt.Errorf("merchant %q has no server for bulk files; nothing was sent. Say in its block where they go:\n\n  bulk = { address = \"sftp://…\", host_key = \"ssh-ed25519 …\" }", m.Name)
		default:
			if _, err := readBulkCredentials(a.env, m); err != nil {
				return err
			}
		}
		fmt.Fprintf(w, "\nVia bulk: %s of merchant %s go as one file to %s.", report.Count(n, "refund"), m.Name, m.Bulk.Address)
	}
	fmt.Fprintln(w)
	if rest > 0 {
		fmt.Fprintf(w, "Left for a normal apply: %s that a bulk file does not take.\n", report.Count(rest, "action"))
	}
	return nil
}

// fileStates looks how far the servers show the bulk files that have rows
// without an answer. A server that cannot be asked is said so.
func (c *connection) fileStates(ctx context.Context, state *statefile.State) (files []report.FileStatus) {
	for _, use := range state.Batches() {
		if use.Open == 0 {
			continue
		}
		f := report.FileStatus{BatchUse: use}
		f.Server, f.Err = fileState(ctx, c.gateways.drops[use.Merchant], use.Name)
		files = append(files, f)
	}
	return files
}

func fileState(ctx context.Context, open openDrop, name string) (string, error) {
	if open == nil {
		return "", errors.New("no server for bulk files is configured")
	}
	n, err := bulk.ParseName(name)
	if err != nil {
		return "", err
	}
	session, err := open(ctx)
	if err != nil {
		return "", err
	}
	defer session.Close()
	state, err := bulk.Drop{Remote: session}.State(ctx, n)
	return state.String(), err
}

// interruptedWaiting ends an apply that was interrupted while it waited for
// the response of a file that an earlier one has sent.
func interruptedWaiting(ctx context.Context, s apply.Settled) error {
	if ctx.Err() == nil || s.Waiting() == 0 {
		return nil
	}
	var names []string
	for _, f := range s.Files {
		if f.Open > 0 {
			names = append(names, f.Name)
		}
	}
	return &codeError{code: exitUnknown, err: fmt.Errorf("interrupted while waiting for the response to bulk file %s; nothing else was begun, and nothing is lost: the next apply looks for it again", strings.Join(names, ", "))}
}

package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"flexform/apply"
	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/internal/report"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// gateways are the clients of a configuration's merchants, and the built-in
// gateway when one of them uses it.
type gateways struct {
	config  *schema.Config
	clients map[string]*dibs.Client // by merchant id
	drops   map[string]openDrop     // how to reach the servers of bulk files, by merchant id; nil where there is none
	stop    func() error            // of the built-in gateway; nil without one
}

// openGateways makes one client a merchant. Nothing is sent yet.
func (a *app) openGateways(ctx context.Context, cfg *schema.Config) (*gateways, error) {
	g := &gateways{config: cfg, clients: map[string]*dibs.Client{}, drops: map[string]openDrop{}}
	authorities, err := readAuthorities(a.env)
	if err != nil {
		return nil, err
	}
	var builtIn *builtInGateway
	for _, m := range cfg.Merchants {
		dc := dibs.Config{Gateway: m.Gateway, Merchant: m.ID, Account: m.Account, Interval: m.Pace.Interval, UserAgent: "flexform/" + Version, RootCAs: authorities}
		if m.Gateway == builtInName {
			if builtIn == nil {
				var err error
				if builtIn, err = a.startBuiltIn(ctx, cfg); err != nil {
					return nil, err
				}
				g.stop = builtIn.stop
			}
			dc.Gateway, dc.User, dc.Password = builtIn.url, builtIn.user, dibs.NewSecret(builtIn.password)
			g.drops[m.ID] = builtIn.drop.open
		} else {
			secrets, err := readCredentials(a.env, m)
			if err != nil {
				return nil, errors.Join(err, g.Close())
			}
			dc.User, dc.Password, dc.Key1, dc.Key2 = secrets.user, secrets.password, secrets.key1, secrets.key2
			g.drops[m.ID] = a.dropOf(m, authorities)
		}
		client, err := dibs.New(dc)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("merchant %q: %w", m.Name, err), g.Close())
		}
		g.clients[m.ID] = client
	}
	return g, nil
}

// Close ends the connections and stops the built-in gateway, if there is one.
// A connection that was dialled in reserve and never used would make it wait
// for seconds (net/http: Server.Shutdown).
func (g *gateways) Close() error {
	for _, client := range g.clients {
		client.CloseIdleConnections()
	}
	if g.stop == nil {
		return nil
	}
	return g.stop()
}

// readers returns the clients as plan wants them.
func (g *gateways) readers() map[string]plan.Gateway {
	readers := map[string]plan.Gateway{}
	for _, m := range g.config.Merchants {
		c := g.clients[m.ID]
		readers[m.ID] = plan.Gateway{Reader: c, Login: c.HasLogin(), Concurrency: m.Pace.Concurrency}
	}
	return readers
}

// movers returns the clients as apply wants them.
func (g *gateways) movers() map[string]apply.Merchant {
	movers := map[string]apply.Merchant{}
	for _, m := range g.config.Merchants {
		c := g.clients[m.ID]
		movers[m.ID] = apply.Merchant{Gateway: c, Reader: c, Tickets: c, Login: c.HasLogin(), Concurrency: m.Pace.Concurrency, SettleWindow: m.SettleWindow, Line: c, Site: m.Gateway, Drop: g.drops[m.ID]}
	}
	return movers
}

// needLogin refuses to begin actions that the gateway will only take from an
// API user while none is configured (flexwin.md 1.1: refund, cancel, the deletion of a ticket), or
// whose sums it tells only to one (a capture of several).
func (g *gateways) needLogin(p *plan.Plan) error {
	for _, action := range p.Body.Actions {
		m, ok := g.config.Merchant(action.Merchant)
		free := action.Verb == statefile.Capture && !plan.Split(action.Status) || action.Verb == statefile.Reauthorise || action.Verb == statefile.Charge
		if !ok || free || g.clients[m.ID].HasLogin() {
			continue
		}
		return fmt.Errorf("merchant %q has no API user, and this %s needs one; nothing was sent. Set\n\n  %s\n  %s", m.Name, action.Verb, variable(m.Name, "USER"), variable(m.Name, "PASSWORD"))
	}
	return nil
}

// builtInName is the gateway that a merchant names to use the built-in one.
const builtInName = "sandbox"

// A builtInGateway is a sandbox that lives as long as one command. Its money
// lives on in the folder's .flexform/sandbox.db.
type builtInGateway struct {
	url, user, password string
	drop                *builtInDrop
	stop                func() error
}

func (a *app) startBuiltIn(ctx context.Context, cfg *schema.Config) (*builtInGateway, error) {
	seed, err := readSeed(cmp.Or(a.unpacked, cfg.Dir), cfg)
	if err != nil {
		return nil, err // before anything is written
	}
	dir := filepath.Join(cfg.Dir, ".flexform")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("built-in gateway: %w", err)
	}
	b := &builtInGateway{user: "flexform", password: rand.Text()}
	options := sandbox.Options{
		Store: filepath.Join(dir, "sandbox.db"),
		Users: []sandbox.User{{Name: b.user, Password: b.password}},
		Now:   a.env.Now,
	}
	owner := ""
	for _, m := range cfg.Merchants {
		if m.Gateway == builtInName {
			options.Merchants = append(options.Merchants, sandbox.Merchant{ID: m.ID})
			if owner == "" {
				owner = m.ID
			}
		}
	}
	if err := writable(options.Store); err != nil {
		return nil, fmt.Errorf("the built-in gateway keeps its money in %s, and that cannot be written: %w; nothing was read or sent", options.Store, err)
	}
	gateway, err := sandbox.Open(options)
	if errors.Is(err, sandbox.ErrInUse) {
		return nil, &codeError{code: exitBlocked, err: &builtInBusyError{folder: cfg.Dir, store: options.Store}}
	}
	if err != nil {
		return nil, fmt.Errorf("built-in gateway: %w", err)
	}
	if err := gateway.Seed(ownedBy(owner, seed)); err != nil {
		return nil, errors.Join(err, gateway.Close())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("built-in gateway: %w", err), gateway.Close())
	}
	b.url = "http://" + listener.Addr().String()
	// The gateway outlives ctx: calls under way when it ends still finish.
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- sandbox.Serve(serving, listener, gateway) }()
	b.drop = &builtInDrop{gateway: gateway, user: b.user, password: b.password}
	b.stop = func() error {
		cancel()
		return errors.Join(<-served, b.drop.close(), gateway.Close())
	}
	a.log.Debug("built-in gateway started", "url", b.url, "store", options.Store)
	return b, nil
}

// writable finds out whether a file can be opened for writing, because SQLite
// answers in numbers.
func writable(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return unwrapped(err)
	}
	return f.Close()
}

// A builtInBusyError reports that another process runs the built-in gateway of
// the same folder.
type builtInBusyError struct{ folder, store string }

func (e *builtInBusyError) Error() string {
	return fmt.Sprintf("the built-in gateway of %s is in use: another flexform works in this folder, perhaps an apply that waits for its answer. "+
		"Nothing was read or sent. Let it end, then run this again. To work side by side, run the gateway by itself, and set gateway in the configuration to the address that it prints:\n\n  flexform sandbox --store %s",
		e.folder, report.ShellWord(e.store))
}

// readSeed reads the configuration's seed file, if it names one, from a folder:
// the transactions that the built-in gateway is to have.
func readSeed(dir string, cfg *schema.Config) ([]sandbox.Transaction, error) {
	if cfg.Sandbox.Seed == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("sandbox seed: %w", err)
	}
	defer root.Close()
	if info, err := root.Stat(cfg.Sandbox.Seed); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("sandbox seed %s: it is not a regular file", cfg.Sandbox.Seed) // a pipe would never end
	}
	f, err := root.Open(cfg.Sandbox.Seed)
	if err != nil {
		return nil, fmt.Errorf("sandbox seed %s: %w: correct seed in the sandbox block, or put the file there", cfg.Sandbox.Seed, unwrapped(err))
	}
	defer f.Close() // only read
	return readRows(f, cfg.Sandbox.Seed)
}

func readRows(r io.Reader, name string) ([]sandbox.Transaction, error) {
	rows, err := sandbox.ReadSeed(r)
	if err != nil {
		return nil, fmt.Errorf("sandbox seed %s: %w", name, err)
	}
	return rows, nil
}

// ownedBy gives owner the rows that name no merchant.
func ownedBy(owner string, rows []sandbox.Transaction) []sandbox.Transaction {
	for i := range rows {
		if rows[i].Merchant == "" {
			rows[i].Merchant = owner
		}
	}
	return rows
}

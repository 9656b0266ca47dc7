package main

import (
	"bufio"
	"cmp"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"flexform/statefile"
)

// A shop is a configuration folder and a sandbox in a process of its own, for
// tests that run, stop and kill the real program. Its wishes grow by stages.
type shop struct {
	dir, url, flexform, ledger string
	groups                     []group
	stage, stages              int
	width                      int        // calls at the same time
	interval                   string     // least time between two requests
	via                        string     // the address for the program, where it is not the gateway's own
	relay                      *relay     // behind that address; nil without one
	database                   ledgerBase // where the ledger is; nil: in a file
}

// A ledgerBase is a database with the ledger of a shop.
type ledgerBase interface {
	block() string // of the configuration
	dsn() string
	size() int64 // of all lines
	state(t *testing.T) *statefile.State
}

// A group is a part of a shop's transactions: a few are wanted from the first
// stage on, and some more with each further stage.
type group struct {
	name        string
	status      string // at the gateway, before anything
	first, more int
	want        string // in HCL; %d is the stage in kroner
	// final tells the totals that are wanted at a stage, in minor units.
	final func(stage int) totals
}

const (
	stages = 20
	amount = 100_00 // of every transaction, in DKK
)

// groups has every kind of action: refunds that the gateway would not take
// twice and refunds that it would, captures with a refund behind them, cancels.
var groups = []group{
	{"full", "captured", 4, 4, `refunded = full`, func(int) totals { return totals{Captured: amount, Refunded: amount} }},
	{"part", "captured", 8, 0, `refunded = "%d.00 DKK"`, func(n int) totals { return totals{Captured: amount, Refunded: int64(n) * 100} }},
	{"take", "authorised", 2, 2, "captured = full\n  refunded = \"%d.00 DKK\"", func(n int) totals { return totals{Captured: amount, Refunded: int64(n) * 100} }},
	{"free", "authorised", 2, 2, `cancelled = true`, func(int) totals { return totals{} }},
}

// count is how many transactions of g are wanted at a stage.
func (g group) count(stage int) int { return g.first + g.more*(stage-1) }

// transact is the number of the i-th transaction of the n-th group.
func transact(n, i int) string { return fmt.Sprint(20000000 + 10000*n + i) }

// newShop has a gateway that knows the transactions of all stages.
func newShop(t *testing.T) *shop { return newShopOf(t, groups, stages) }

func newShopOf(t *testing.T, groups []group, stages int) *shop {
	t.Helper()
	flexform, err := exec.LookPath("flexform")
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{dir: t.TempDir(), flexform: flexform, groups: groups, stages: stages, width: 4, interval: "0s"}
	s.ledger = filepath.Join(s.dir, "flexform.ledger")
	var seed strings.Builder
	seed.WriteString("transact,orderid,amount,currency,status\n")
	for n, g := range groups {
		for i := range g.count(stages) {
			fmt.Fprintf(&seed, "%s,order-%[1]s,%d.00,DKK,%s\n", transact(n, i), amount/100, g.status)
		}
	}
	s.write(t, "seed.csv", seed.String())
	s.startGateway(t)
	return s
}

// want writes the configuration of a stage.
func (s *shop) want(t *testing.T, stage int) {
	t.Helper()
	s.stage = stage
	var main strings.Builder
	fmt.Fprintf(&main, "merchant \"shop\" {\n  id = \"12345678\"\n  gateway = %q\n  pace = { concurrency = %d, interval = %q }\n}\n", cmp.Or(s.via, s.url), s.width, s.interval)
	if s.database != nil {
		main.WriteString(s.database.block())
	}
	for n, g := range s.groups {
		var rows strings.Builder
		rows.WriteString("transact\n")
		for i := range g.count(stage) {
			rows.WriteString(transact(n, i) + "\n")
		}
		s.write(t, g.name+".csv", rows.String())
		want := g.want
		if strings.Contains(want, "%d") {
			want = fmt.Sprintf(want, stage)
		}
		fmt.Fprintf(&main, "\ntransaction %q {\n  for_each = csv(\"%[1]s.csv\", \"transact\")\n  transact = each.key\n"+
			"  orderid = \"order-${each.key}\"\n  amount = \"%d.00 DKK\"\n  %s\n}\n", g.name, amount/100, want)
	}
	s.write(t, "main.hcl", main.String())
}

// startGateway runs the sandbox on loopback and a free port.
func (s *shop) startGateway(t *testing.T) {
	t.Helper()
	s.gateway(t, s.command("sandbox", "--listen", "127.0.0.1:0", "--store", filepath.Join(t.TempDir(), "sandbox.db"), "--seed", filepath.Join(s.dir, "seed.csv")))
}

// gateway starts cmd, a sandbox, and ends that process, by its id, when the
// test is over.
func (s *shop) gateway(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("sandbox: %v", err)
	}
	s.url = strings.TrimSpace(line) // the whole first line, as a shell script reads it
	if at, err := url.Parse(s.url); err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		t.Fatalf("the sandbox's first line is %q, and should be its address", line)
	}
}

func (s *shop) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.flexform, args...)
	cmd.Env = append(os.Environ(), "FLEXFORM_SHOP_USER=sandbox", "FLEXFORM_SHOP_PASSWORD=sandbox")
	if s.database != nil {
		cmd.Env = append(cmd.Env, "FLEXFORM_LEDGER_DSN="+s.database.dsn())
	}
	return cmd
}

func (s *shop) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// size is the length of the ledger, 0 when there is none.
func (s *shop) size() int64 {
	if s.database != nil {
		return s.database.size()
	}
	i, err := os.Stat(s.ledger)
	if err != nil {
		return 0
	}
	return i.Size()
}

// state reads the ledger. It must verify whatever has happened.
func (s *shop) state(t *testing.T) *statefile.State {
	t.Helper()
	if s.database != nil {
		return s.database.state(t)
	}
	state, err := statefile.Read(s.ledger)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// finish applies until there is nothing left to do. Where the program cannot
// know what happened it must say so, with exit code 4; then a person, who looks
// it up at the gateway, resolves it. It returns how often that was needed.
func (s *shop) finish(t *testing.T) (resolved int) {
	t.Helper()
	var log strings.Builder
	for range 8 {
		p := s.startApply(t)
		code := p.exit(t)
		fmt.Fprintf(&log, "--- apply: exit code %d\n%s", code, p.out.String())
		s.safe(t)
		if code == 0 && s.quiet(t) {
			s.done(t)
			return resolved
		}
		unknown := s.state(t).Undecided()
		if (code == 4) != (len(unknown) > 0) {
			t.Errorf("exit code %d with %d unknown actions:\n%s", code, len(unknown), p.out.String())
		}
		book := s.judge(t)
		for _, a := range unknown {
			outcome := "not-done"
			if a.Verb == statefile.Refund && book[a.Transact].Refunded >= a.To.Minor() {
				outcome = "done"
			}
			resolved++
			p := s.start(t, "resolve", a.ID, s.dir, "--outcome", outcome, "--evidence", "the gateway's books")
			if code := p.exit(t); code != 0 {
				t.Errorf("resolve %s as %s: exit code %d\n%s", a.ID, outcome, code, p.out.String())
			}
		}
	}
	t.Fatalf("still not done:\n%s", log.String())
	return resolved
}

// quiet reports whether there is nothing left to do. A refund behind a capture
// is planned when the capture is done.
func (s *shop) quiet(t *testing.T) bool {
	t.Helper()
	p := s.start(t, "plan", "--detailed-exitcode", s.dir)
	code := p.exit(t)
	if code != 0 && code != 2 {
		t.Errorf("plan: exit code %d\n%s", code, p.out.String())
	}
	return code == 0
}

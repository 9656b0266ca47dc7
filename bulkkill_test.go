//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flexform/dibs/bulk"
	"flexform/statefile"
)

const (
	bulkShopKills = 16 // so many a shop; some applies end before they are killed

	bulkParts = 12 // transactions that are refunded a bit more at each stage: no status shows it
	bulkFulls = 3  // transactions that are refunded in full, so many more at each stage
)

// Hazards 1, "bulk refund file", and R1: the real program sends refunds as bulk
// files to a gateway that is a process of its own, and is killed at random
// moments, again and again. The gateway counts the rows that it carried out: at
// every moment no more than was wanted, in the end everything, each row once.
func TestKilledBulkApply(t *testing.T) {
	t.Parallel()
	left := *kills
	if testing.Short() {
		left = min(left, 6)
	}
	inShops(t, max(2, (left+bulkShopKills-1)/bulkShopKills), left, func(t *testing.T, shop, n int, r *rand.Rand) {
		s := newBulkShop(t, []string{"instant", "100ms"}[shop%2])
		s.want(t, 1)
		asked, count := s.finish(t), map[string]int{}
		for stage := 2; n > 0 && !t.Failed(); stage++ {
			if stage > stages {
				t.Fatalf("%d kills are left after all stages: %v", n, count)
			}
			s.want(t, stage)
			for range min(n, stageKills) {
				killed := s.kill(t, r)
				s.safe(t)
				if count[fmt.Sprint(killed)]++; !killed {
					break
				}
				n--
			}
			asked += s.finish(t)
		}
		t.Logf("killed: %v; %d files, %d of them decided by a person, %d rows carried out", count, len(s.state(t).Batches()), asked, s.rows(t))
	})
}

// A bulkShop is a shop whose refunds go with bulk files.
type bulkShop struct {
	shop
	bulk string // the setting
	drop bulk.SFTPConfig
}

func newBulkShop(t *testing.T, when string) *bulkShop {
	t.Helper()
	flexform, err := exec.LookPath("flexform")
	if err != nil {
		t.Fatal(err)
	}
	s := &bulkShop{shop: shop{dir: t.TempDir(), flexform: flexform}}
	s.ledger = filepath.Join(s.dir, "flexform.ledger")
	var seed strings.Builder
	seed.WriteString("transact,orderid,amount,currency,status\n")
	for _, id := range append(bulkIDs(0, bulkParts), bulkIDs(1, bulkFulls*stages)...) {
		fmt.Fprintf(&seed, "%s,order-%[1]s,%d.00,DKK,captured\n", id, amount/100)
	}
	s.write(t, "seed.csv", seed.String())
	s.serve(t, when)
	return s
}

func bulkIDs(group, n int) (ids []string) {
	for i := range n {
		ids = append(ids, transact(group, i))
	}
	return ids
}

// serve runs the gateway with its server of bulk files.
func (s *bulkShop) serve(t *testing.T, when string) {
	t.Helper()
	cmd := s.command("sandbox", "--sftp", "127.0.0.1:0", "--bulk", when, "--store", filepath.Join(t.TempDir(), "sandbox.db"), "--seed", filepath.Join(s.dir, "seed.csv"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.gateway(t, cmd)
	said := bufio.NewScanner(stderr)
	address, key := "", ""
	for (address == "" || key == "") && said.Scan() {
		if v, ok := strings.CutPrefix(said.Text(), "Bulk files over SFTP: "); ok {
			address = v
		}
		if v, ok := strings.CutPrefix(said.Text(), "SFTP host key: "); ok {
			key = v
		}
	}
	go io.Copy(io.Discard, stderr)
	s.drop = bulk.SFTPConfig{
		Address: strings.Trim(strings.TrimPrefix(address, "sftp:"), "/"), User: "sandbox", Password: bulk.NewSecret("sandbox"), HostKeys: []string{key},
	}
	s.bulk = fmt.Sprintf("bulk = { address = %q, host_key = %q }", address, key)
}

func (s *bulkShop) command(args ...string) *exec.Cmd {
	cmd := s.shop.command(args...)
	cmd.Env = append(cmd.Env, "FLEXFORM_SHOP_BULK_USER=sandbox", "FLEXFORM_SHOP_BULK_PASSWORD=sandbox")
	return cmd
}

// want writes the configuration of a stage.
func (s *bulkShop) want(t *testing.T, stage int) {
	t.Helper()
	s.stage = stage
	text := fmt.Sprintf("merchant \"shop\" {\n  id = \"12345678\"\n  gateway = %q\n  pace = { concurrency = 4, interval = \"0s\" }\n  %s\n}\n", s.url, s.bulk)
	for name, block := range map[string]struct {
		ids  []string
		want string
	}{"part": {bulkIDs(0, bulkParts), fmt.Sprintf("%q", fmt.Sprintf("%d.00 DKK", stage))}, "full": {bulkIDs(1, bulkFulls*stage), "full"}} {
		s.write(t, name+".csv", "transact\n"+strings.Join(block.ids, "\n")+"\n")
		text += fmt.Sprintf("\ntransaction %q {\n  for_each = csv(\"%[1]s.csv\", \"transact\")\n  transact = each.key\n  orderid = \"order-${each.key}\"\n  amount = \"%d.00 DKK\"\n  refunded = %s\n}\n", name, amount/100, block.want)
	}
	s.write(t, "main.hcl", text)
}

func (s *bulkShop) apply(t *testing.T) *process {
	return s.run(t, s.command("apply", "--via", "bulk", "--auto-approve", s.dir))
}

// kill starts an apply and kills it at a random moment, by the length that the
// ledger has reached. It reports whether it came in time.
func (s *bulkShop) kill(t *testing.T, r *rand.Rand) bool {
	t.Helper()
	size, begun := s.size(), time.Now()
	p := s.apply(t)
	switch r.IntN(4) {
	case 0:
		pause := time.Duration(r.IntN(100)) * time.Millisecond
		p.await(t, "a moment", func() bool { return time.Since(begun) > pause })
	default: // begin and claim, the two entries of the release, outcomes
		grown := []int64{1, 9000, 11500, 12000, 12500, 14000, 17000}[r.IntN(7)]
		p.await(t, "a longer ledger", func() bool { return s.size() >= size+grown })
		pause, now := time.Duration(r.IntN(3000))*time.Microsecond, time.Now()
		p.await(t, "a moment", func() bool { return time.Since(now) > pause })
	}
	select {
	case <-p.ended:
		return false
	default:
	}
	p.signal(t, os.Kill)
	p.exit(t)
	return true
}

// wanted is what a transaction is to be refunded at the stage, in minor units.
func (s *bulkShop) wanted() map[string]int64 {
	want := map[string]int64{}
	for _, id := range bulkIDs(0, bulkParts) {
		want[id] = int64(s.stage) * 100
	}
	for _, id := range bulkIDs(1, bulkFulls*s.stage) {
		want[id] = amount
	}
	return want
}

// safe holds at every moment: no total is above what is wanted, and what the
// gateway carried out the ledger knows of.
func (s *bulkShop) safe(t *testing.T) {
	t.Helper()
	want, book, state := s.wanted(), s.judge(t), s.state(t)
	for id, got := range book {
		if got.Refunded > want[id] {
			t.Errorf("%s: the gateway has refunded %d, wanted are %d", id, got.Refunded, want[id])
		}
		tx, _ := state.Transaction(statefile.Key{Merchant: "12345678", Transact: id})
		most := tx.Refunded.Minor()
		for _, a := range tx.Actions {
			if a.State.Undecided() {
				most = a.To.Minor()
			}
		}
		if got.Refunded > most || got.Refunded < tx.Refunded.Minor() {
			t.Errorf("%s: the gateway has refunded %d, the ledger says %s to %d", id, got.Refunded, tx.Refunded, most)
		}
	}
}

// finish applies until there is nothing left to do, with the help of a person.
// It returns how many files needed one.
func (s *bulkShop) finish(t *testing.T) (asked int) {
	t.Helper()
	var log strings.Builder
	for range 8 {
		p := s.apply(t)
		code := p.exit(t)
		fmt.Fprintf(&log, "--- apply: exit code %d\n%s", code, p.out.String())
		s.safe(t)
		if open := s.state(t).Undecided(); code == 0 && len(open) == 0 && s.quiet(t) {
			book, rows := s.judge(t), int64(0)
			for id, want := range s.wanted() {
				if book[id].Refunded != want {
					t.Errorf("%s: the gateway has refunded %d, wanted are %d", id, book[id].Refunded, want)
				}
			}
			for _, b := range s.state(t).Batches() {
				actions, _ := s.state(t).BatchActions(b.Name)
				for _, a := range actions {
					if a.State == statefile.ActionAccepted || a.State == statefile.ActionDone {
						rows++
					}
				}
			}
			if carried := s.rows(t); carried != rows {
				t.Errorf("the gateway carried out %d rows, the ledger has %d as done", carried, rows)
			}
			return asked
		}
		asked += s.person(t)
	}
	t.Fatalf("still not done:\n%s", log.String())
	return asked
}

// person decides about files that were about to be released and are not, which
// flexform leaves alone because their rows could be paid twice. The gateway's
// books say that it never had them, so the person takes them away.
func (s *bulkShop) person(t *testing.T) (files int) {
	t.Helper()
	var books struct{ Batches []struct{ Name string } }
	for _, b := range s.state(t).Batches() {
		if b.Open == 0 || b.Releasing == 0 || b.Released > 0 {
			continue
		}
		if s.fetch(t, "/_sandbox/bulk", &books); strings.Contains(fmt.Sprint(books), b.Name) {
			continue // it was released: the next apply finds that out
		}
		session, err := bulk.DialSFTP(t.Context(), s.drop)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(session.Remove(t.Context(), b.Name+".txt"), session.Close()); err != nil {
			t.Fatal(err)
		}
		p := s.run(t, s.command("resolve", b.Name, s.dir, "--outcome", "not-done", "--evidence", "the gateway's books"))
		if code := p.exit(t); code != 0 {
			t.Errorf("resolve %s: exit code %d\n%s", b.Name, code, p.out.String())
		}
		files++
	}
	return files
}

// rows counts the rows that moved money.
func (s *bulkShop) rows(t *testing.T) (n int64) {
	t.Helper()
	var reply struct {
		Batches []struct {
			Rows []struct{ Moved bool }
		}
	}
	s.fetch(t, "/_sandbox/bulk", &reply)
	for _, b := range reply.Batches {
		for _, r := range b.Rows {
			if r.Moved {
				n++
			}
		}
	}
	return n
}

// R20: two applies start at once. One sends the file; the other is refused, or
// comes after it and finds nothing to do.
func TestPairsOfBulkApplies(t *testing.T) {
	t.Parallel()
	s := newBulkShop(t, "100ms")
	for stage := 1; stage <= 4; stage++ {
		s.want(t, stage)
		for _, p := range []*process{s.apply(t), s.apply(t)} {
			if code := p.exit(t); code != 0 && (code != 3 || !strings.Contains(p.out.String(), "in use by")) {
				t.Errorf("stage %d: exit code %d\n%s", stage, code, p.out.String())
			}
		}
		s.safe(t)
		if n := len(s.state(t).Batches()); n != stage {
			t.Errorf("stage %d: %d bulk files", stage, n)
		}
	}
	s.finish(t)
}

// An apply that waits for the response of an earlier one's file may be
// interrupted: exit code 4, and everything is as it was.
func TestInterruptedWait(t *testing.T) {
	t.Parallel()
	s := newBulkShop(t, "manual")
	s.want(t, 1)
	first := s.apply(t)
	first.await(t, "a file that is waited for", func() bool {
		files := s.state(t).Batches()
		return len(files) == 1 && files[0].Released > 0
	})
	first.signal(t, os.Interrupt)
	if code := first.exit(t); code != 4 || !strings.Contains(first.out.String(), "waiting for the response") {
		t.Errorf("the first apply: exit code %d\n%s", code, first.out.String())
	}
	size := s.size()
	second := s.apply(t)
	second.await(t, "an apply that waits", func() bool {
		_, err := os.Stat(s.ledger + ".lock")
		return err == nil
	})
	second.signal(t, os.Interrupt)
	if code := second.exit(t); code != 4 || !strings.Contains(second.out.String(), "nothing is lost: the next apply looks for it again") {
		t.Errorf("the second apply: exit code %d\n%s", code, second.out.String())
	}
	if s.size() != size {
		t.Errorf("the ledger has %d bytes, had %d", s.size(), size)
	}
	resp, err := http.Post(s.url+"/_sandbox/bulk/run", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	s.finish(t)
	if n := len(s.state(t).Batches()); n != 1 {
		t.Errorf("%d bulk files", n)
	}
}

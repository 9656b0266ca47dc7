package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKilledApply kills -9 an apply in the middle of its batch, at random
// moments, until a run comes to its end. The gateway, a process of its own,
// must then count every refund exactly once (hazards R1).
func TestKilledApply(t *testing.T) {
	const refunds = 120
	kills := 4
	if testing.Short() {
		kills = 2
	}
	shop := newCrashShop(t, refunds)
	random := rand.New(rand.NewPCG(2, 7))
	for kill := range kills {
		seen := shop.moneyCalls(t)
		cmd := shop.command(t, "apply", "--auto-approve", shop.dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		shop.awaitCalls(t, seen+1+random.IntN(20), ended)
		if err := cmd.Process.Kill(); err != nil && err != os.ErrProcessDone {
			t.Fatal(err)
		}
		t.Logf("kill %d after %d money calls", kill+1, shop.moneyCalls(t))
		<-ended
	}
	out, err := shop.command(t, "apply", "--auto-approve", shop.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("apply after the kills: %v\n%s", err, out)
	}
	again, err := shop.command(t, "plan", "--detailed-exitcode", shop.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("plan after all was done: %v\n%s", err, again)
	}
	shop.judge(t, refunds)
}

// A crashShop is a configuration of full refunds and a sandbox process.
type crashShop struct {
	dir, url, flexform string
}

func newCrashShop(t *testing.T, refunds int) *crashShop {
	t.Helper()
	flexform, err := exec.LookPath("flexform")
	if err != nil {
		t.Fatal(err)
	}
	s := &crashShop{dir: t.TempDir(), flexform: flexform}
	var seed, recall strings.Builder
	seed.WriteString("transact,orderid,amount,currency,status\n")
	recall.WriteString("transact,orderid\n")
	for i := range refunds {
		fmt.Fprintf(&seed, "%d,order-%d,100.00,DKK,captured\n", 20000000+i, i)
		fmt.Fprintf(&recall, "%d,order-%d\n", 20000000+i, i)
	}
	s.write(t, "seed.csv", seed.String())
	s.write(t, "recall.csv", recall.String())
	s.startGateway(t)
	s.write(t, "main.hcl", fmt.Sprintf(`
merchant "shop" {
  id      = "12345678"
  gateway = %q
  pace    = { concurrency = 4, interval = "0s" }
}
transaction "recall" {
  for_each = csv("recall.csv", "transact")
  transact = each.key
  orderid  = each.value.orderid
  amount   = "100.00 DKK"
  refunded = full
}
`, s.url))
	return s
}

// startGateway runs the sandbox as its own process, on loopback and a free
// port, and ends that process, by its id, when the test is over.
func (s *crashShop) startGateway(t *testing.T) {
	t.Helper()
	cmd := s.command(t, "sandbox", "--listen", "127.0.0.1:0", "--store", filepath.Join(t.TempDir(), "sandbox.db"), "--seed", filepath.Join(s.dir, "seed.csv"))
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
	s.url = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}

func (s *crashShop) command(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), s.flexform, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = append(os.Environ(), "FLEXFORM_SHOP_USER=sandbox", "FLEXFORM_SHOP_PASSWORD=sandbox")
	return cmd
}

func (s *crashShop) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (s *crashShop) moneyCalls(t *testing.T) int {
	var log struct {
		Calls []json.RawMessage `json:"calls"`
	}
	s.fetch(t, "/_sandbox/calls?kind=money", &log)
	return len(log.Calls)
}

// awaitCalls polls the gateway until it has seen n money calls, or the run
// under test has ended by itself.
func (s *crashShop) awaitCalls(t *testing.T, n int, ended chan error) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for s.moneyCalls(t) < n {
		select {
		case err := <-ended:
			ended <- err
			return
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("the gateway saw %d money calls in 20 s, want %d", s.moneyCalls(t), n)
		}
	}
}

// judge compares the gateway's own count with what was asked for.
func (s *crashShop) judge(t *testing.T, want int) {
	t.Helper()
	var book struct {
		Transactions []struct {
			Transact string `json:"transact"`
			Refunded int64  `json:"refunded_minor"`
		} `json:"transactions"`
	}
	s.fetch(t, "/_sandbox/transactions", &book)
	transactions := book.Transactions
	if len(transactions) != want {
		t.Fatalf("the gateway holds %d transactions, want %d", len(transactions), want)
	}
	for _, transaction := range transactions {
		if transaction.Refunded != 10000 {
			t.Errorf("transaction %s: refunded %d minor units, want 10000", transaction.Transact, transaction.Refunded)
		}
	}
	var log struct {
		Calls []struct {
			Transact string `json:"transact"`
			Moved    bool   `json:"moved"`
		} `json:"calls"`
	}
	s.fetch(t, "/_sandbox/calls?kind=money", &log)
	accepted := map[string]int{}
	for _, call := range log.Calls {
		if call.Moved {
			accepted[call.Transact]++
		}
	}
	for transact, n := range accepted {
		if n != 1 {
			t.Errorf("the gateway accepted %d refunds of %s, want 1", n, transact)
		}
	}
}

func (s *crashShop) fetch(t *testing.T, path string, into any) {
	t.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body.Bytes(), into); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, body.String())
	}
}

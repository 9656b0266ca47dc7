package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"

	"flexform/dibs/sandbox"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"flexform": main, mortal: mortalMain})
}

// TestScripts runs one user story a file on the real main.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", examples)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("GORACE", os.Getenv("GORACE"))
			e.Values[deskKey{}] = new(*sandbox.Gateway)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"gateway": startGateway,
			"judge":   askJudge,
			"office":  backOffice,
			"outage":  takeDown,
			"pay":     pay,
			"release": release,
			"bulk":    bulkDesk,
			"flip":    flipByte,
			"sshkey":  makeKey,
			"digest":  typeDigest,
			"exits":   expectExit,
			"example": copyExample,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// startGateway runs a sandbox for the script and sets $GATEWAY to its URL:
// gateway SEED.csv [FAULT ...]. A fault is a line of docs/sandbox.md. With
// $MD5_KEY1 and $MD5_KEY2 it wants every call signed with them that can be; with
// $SETTLE=manual its acquirer moves only when "office settle" says so. With
// $AHEAD=100h its clock is ahead of the program's.
func startGateway(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: gateway seed.csv [FAULT ...]")
	}
	seed, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer seed.Close()
	rows, err := sandbox.ReadSeed(seed)
	ts.Check(err)
	for i := range rows {
		if rows[i].Merchant == "" {
			rows[i].Merchant = "12345678"
		}
	}
	ahead, err := time.ParseDuration(cmp.Or(ts.Getenv("AHEAD"), "0s"))
	ts.Check(err)
	now := func() time.Time { return time.Now().Add(ahead) }
	options := sandbox.Options{Now: now, Users: []sandbox.User{{Name: "sandbox", Password: "sandbox"}}}
	if key := ts.Getenv("MD5_KEY1"); key != "" {
		options.AnyMerchant = sandbox.Merchant{Key1: key, Key2: ts.Getenv("MD5_KEY2"), RequireMD5: true}
	}
	if ts.Getenv("SETTLE") == "manual" {
		options.Settle = sandbox.Manual
	}
	options.Faults, err = sandbox.ReadFaults(strings.NewReader(strings.Join(args[1:], "\n")))
	ts.Check(err)
	gateway, err := sandbox.Open(options)
	ts.Check(err)
	ts.Check(gateway.Seed(rows))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- sandbox.Serve(ctx, listener, gateway) }()
	ts.Defer(func() {
		cancel()
		if err := <-served; err != nil {
			ts.Fatalf("gateway: %v", err)
		}
		// The judge of all stories: whatever was asked for, the gateway's books
		// were never rewritten.
		if n := gateway.Requests()["changestatus.cgi"]; n > 0 {
			ts.Fatalf("the gateway saw %d calls of changestatus.cgi", n)
		}
		ts.Check(gateway.Close())
	})
	ts.Setenv("GATEWAY", "http://"+listener.Addr().String())
}

// release has the gateway carry out the calls that faults hold back: release N,
// how many there are.
func release(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: release N")
	}
	reply, err := http.Post(ts.Getenv("GATEWAY")+"/_sandbox/release", "", nil)
	ts.Check(err)
	defer reply.Body.Close()
	var released struct{ Released int }
	ts.Check(json.NewDecoder(reply.Body).Decode(&released))
	if got := strconv.Itoa(released.Released); got != args[0] {
		ts.Fatalf("the gateway held %s calls back, want %s", got, args[0])
	}
}

// askJudge compares what the gateway itself counts: judge TRANSACT CAPTURED
// REFUNDED (minor units), judge calls N (calls that were carried out and move
// money), or judge requests SERVICE N (that arrived, carried out or not).
func askJudge(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 2 && args[0] == "calls" {
		var log struct {
			Calls []struct{} `json:"calls"`
		}
		fetch(ts, "/_sandbox/calls?kind=money", &log)
		if got := strconv.Itoa(len(log.Calls)); (got == args[1]) == neg {
			ts.Fatalf("the gateway saw %s money calls, want %s (negated: %v)", got, args[1], neg)
		}
		return
	}
	if len(args) != 3 {
		ts.Fatalf("usage: judge TRANSACT CAPTURED REFUNDED | judge calls N | judge requests SERVICE N")
	}
	if args[0] == "requests" {
		var log struct {
			Requests map[string]int `json:"requests"`
		}
		fetch(ts, "/_sandbox/calls", &log)
		if got := strconv.Itoa(log.Requests[args[1]]); (got == args[2]) == neg {
			ts.Fatalf("%s requests of %s arrived, want %s (negated: %v)", got, args[1], args[2], neg)
		}
		return
	}
	var book struct {
		Transactions []struct {
			Captured int64 `json:"captured_minor"`
			Refunded int64 `json:"refunded_minor"`
		} `json:"transactions"`
	}
	fetch(ts, "/_sandbox/transactions?transact="+args[0], &book)
	transactions := book.Transactions
	if len(transactions) != 1 {
		ts.Fatalf("the gateway knows %d transactions %s, want 1", len(transactions), args[0])
	}
	got := fmt.Sprint(transactions[0].Captured, transactions[0].Refunded)
	if want := args[1] + " " + args[2]; (got == want) == neg {
		ts.Fatalf("the gateway counts captured and refunded of %s as %s, want %s (negated: %v)", args[0], got, want, neg)
	}
}

// backOffice acts on a transaction behind flexform's back: office refund
// TRANSACT MINOR. It plays the acquirer as well: office decline TRANSACT 0, and
// office settle 0 0 for one step of all that is under way.
func backOffice(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: office VERB TRANSACT MINOR")
	}
	body := strings.NewReader("transact=" + args[1] + "&amount=" + args[2])
	resp, err := http.Post(ts.Getenv("GATEWAY")+"/_sandbox/"+args[0], "application/x-www-form-urlencoded", body)
	ts.Check(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("back-office %v: %s", args, resp.Status)
	}
}

// makeKey writes a throw-away SSH key and NAME.pub, and adds a line to a file of
// allowed signers: sshkey NAME PRINCIPALS SIGNERS.
func makeKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: sshkey NAME PRINCIPALS SIGNERS")
	}
	public, private, err := ed25519.GenerateKey(nil)
	ts.Check(err)
	block, err := ssh.MarshalPrivateKey(private, "")
	ts.Check(err)
	key, err := ssh.NewPublicKey(public)
	ts.Check(err)
	line := string(ssh.MarshalAuthorizedKey(key))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pem.EncodeToMemory(block), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pub"), []byte(line), 0o644))
	signers, err := os.OpenFile(ts.MkAbs(args[2]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	ts.Check(err)
	_, err = signers.WriteString(args[1] + " " + line)
	ts.Check(errors.Join(err, signers.Close()))
}

// typeDigest writes what a person types to sign a plan, the beginning of its
// digest: digest PLAN FILE.
func typeDigest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: digest PLAN FILE")
	}
	var plan struct{ Digest string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &plan))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.TrimPrefix(plan.Digest, "sha256:")[:8]+"\n"), 0o644))
}

// expectExit runs a command that ends with an exit code, which is part of the
// interface: exits CODE PROGRAM ARGS.
func expectExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failed, exited := errors.AsType[*exec.ExitError](err)
		if !exited {
			ts.Fatalf("%v", err)
		}
		code = failed.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// pay has a customer pay an order by card: pay ORDERID MINOR. The gateway keeps
// the callback, and nobody listens to it.
func pay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: pay ORDERID MINOR")
	}
	resp, err := http.PostForm(ts.Getenv("GATEWAY")+"/cgi-ssl/auth.cgi", url.Values{
		"merchant": {"12345678"}, "orderid": args[:1], "amount": args[1:], "currency": {"208"}, "textreply": {"yes"},
		"cardno": {"4571100000000000"}, "expmon": {"06"}, "expyear": {"99"}, "cvc": {"684"}, "callbackurl": {"http://127.0.0.1:1/"},
	})
	ts.Check(err)
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if !strings.HasPrefix(string(reply), "status=ACCEPTED") {
		ts.Fatalf("pay %v: %s", args, reply)
	}
}

// takeDown takes the lines to an acquirer down, or up again: outage ACQUIRER
// [up].
func takeDown(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 || len(args) == 2 && args[1] != "up" {
		ts.Fatalf("usage: outage ACQUIRER [up]")
	}
	up := "no"
	if len(args) == 2 {
		up = "yes"
	}
	resp, err := http.PostForm(ts.Getenv("GATEWAY")+"/_sandbox/acquirers", url.Values{"acquirer": args[:1], "up": {up}})
	ts.Check(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("outage %v: %s", args, resp.Status)
	}
}

// flipByte changes one bit of a file: flip FILE OFFSET.
func flipByte(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE OFFSET")
	}
	name := ts.MkAbs(args[0])
	data, err := os.ReadFile(name)
	ts.Check(err)
	offset, err := strconv.Atoi(args[1])
	ts.Check(err)
	data[offset%len(data)] ^= 1
	ts.Check(os.WriteFile(name, data, 0o600))
}

// copyExample copies a folder of examples/ without what runs left in it:
// example 01-first-refund DIR.
func copyExample(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: example NAME DIR")
	}
	to := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(to, 0o755))
	files, err := filepath.Glob(filepath.Join(ts.Getenv("EXAMPLES"), args[0], "*.*"))
	ts.Check(err)
	for _, f := range files {
		if ext := filepath.Ext(f); ext != ".hcl" && ext != ".csv" {
			continue
		}
		data, err := os.ReadFile(f)
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(to, filepath.Base(f)), data, 0o644))
	}
}

func fetch(ts *testscript.TestScript, path string, into any) {
	resp, err := http.Get(ts.Getenv("GATEWAY") + path)
	ts.Check(err)
	defer resp.Body.Close()
	ts.Check(json.NewDecoder(resp.Body).Decode(into))
}

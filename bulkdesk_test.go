package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"flexform/dibs/sandbox"
)

// deskKey finds the script's gateway.
type deskKey struct{}

// bulkDesk plays DIBS' side of bulk files. "bulk gateway SEED.csv" runs a
// sandbox that carries files out when it is told to, and sets $GATEWAY, $SFTP
// (an address) and $HOSTKEY. "bulk run N" has it carry out what is released, N
// files. "bulk lose FILE" deletes a file by the server's own hand: * stands for
// all.
func bulkDesk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bulk gateway SEED.csv | bulk run N | bulk lose FILE")
	}
	known := ts.Value(deskKey{}).(**sandbox.Gateway)
	if args[0] == "lose" {
		for _, f := range (*known).BulkFiles() {
			if args[1] == "*" || args[1] == f.Name {
				ts.Check((*known).RemoveBulkFile(f.Name))
			}
		}
		return
	}
	if args[0] == "run" {
		reply, err := http.Post(ts.Getenv("GATEWAY")+"/_sandbox/bulk/run", "", nil)
		ts.Check(err)
		defer reply.Body.Close()
		var ran struct{ Done int }
		ts.Check(json.NewDecoder(reply.Body).Decode(&ran))
		if got := strconv.Itoa(ran.Done); got != args[1] {
			ts.Fatalf("the gateway carried out %s bulk files, want %s", got, args[1])
		}
		return
	}
	seed, err := os.Open(ts.MkAbs(args[1]))
	ts.Check(err)
	defer seed.Close()
	rows, err := sandbox.ReadSeed(seed)
	ts.Check(err)
	for i := range rows {
		rows[i].Merchant = "12345678"
	}
	gateway, err := sandbox.Open(sandbox.Options{Now: time.Now, Bulk: sandbox.Manual, Users: []sandbox.User{{Name: "sandbox", Password: "sandbox"}}})
	ts.Check(err)
	ts.Check(gateway.Seed(rows))
	*known = gateway
	key, err := gateway.HostKey()
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 2)
	addresses := map[string]string{}
	for name, serve := range map[string]func(context.Context, net.Listener, *sandbox.Gateway) error{"GATEWAY": sandbox.Serve, "SFTP": sandbox.ServeSFTP} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		addresses[name] = listener.Addr().String()
		go func() { served <- serve(ctx, listener, gateway) }()
	}
	ts.Defer(func() {
		cancel()
		for range 2 {
			if err := <-served; err != nil {
				ts.Fatalf("gateway: %v", err)
			}
		}
		ts.Check(gateway.Close())
	})
	ts.Setenv("GATEWAY", "http://"+addresses["GATEWAY"])
	ts.Setenv("SFTP", addresses["SFTP"])
	ts.Setenv("HOSTKEY", key)
}

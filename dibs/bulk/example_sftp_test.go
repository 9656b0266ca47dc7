package bulk_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"flexform/dibs/bulk"
	"flexform/dibs/sandbox"
	"flexform/money"
)

// A batch of refunds, from its rows to the answer for each of them, over SFTP
// to a gateway that carries it out.
func ExampleDrop() {
	ctx := context.Background()
	address, hostKey, done := overSFTP()
	defer done()
	remote, err := bulk.DialSFTP(ctx, bulk.SFTPConfig{Address: address, User: "api-user", Password: bulk.NewSecret("secret"), HostKeys: []string{hostKey}})
	if err != nil {
		log.Fatal(err)
	}
	defer remote.Close()

	file := bulk.NewFile(bulk.Refund, []bulk.Row{
		{Transact: "11111111", OrderID: "11223344", Amount: kroner("50.00 DKK")},
		{Transact: "11111112", OrderID: "11223345", Amount: kroner("200.01 DKK")}, // a hundredth more than was captured
	})
	rows, err := file.Encode()
	if err != nil {
		log.Fatal(err)
	}
	there, err := remote.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	name, err := bulk.Next(bulk.Refund, bulk.DayOf(noon), there) // and beside these all that were ever used
	if err != nil {
		log.Fatal(err)
	}

	drop := bulk.Drop{Remote: remote}
	if err := drop.Put(ctx, name, rows); err != nil { // nothing happens yet
		log.Fatal(err)
	}
	// Here belongs a record, on disk, that this name is about to be released.
	if _, err := drop.Release(ctx, name, rows); err != nil {
		log.Fatal(err)
	}
	text, err := drop.Response(ctx, name)
	if err != nil {
		log.Fatal(err)
	}
	response, err := file.ReadResponse(text)
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range response.Answers {
		fmt.Println(name, a.Row.Transact, a.Outcome, a.Result)
	}
	// Output:
	// refund021126_01 11111111 accepted accepted (0)
	// refund021126_01 11111112 declined amount too high (7)
}

var noon = time.Date(2026, time.November, 2, 12, 0, 0, 0, time.UTC)

// overSFTP starts a gateway with two captured transactions of 200.00 DKK.
func overSFTP() (address, hostKey string, done func()) {
	gateway, err := sandbox.Open(sandbox.Options{Users: []sandbox.User{{Name: "api-user", Password: "secret"}}, Now: func() time.Time { return noon }})
	if err != nil {
		log.Fatal(err)
	}
	err = gateway.Seed([]sandbox.Transaction{
		{Transact: "11111111", OrderID: "11223344", Amount: kroner("200.00 DKK"), Status: sandbox.StatusCaptured},
		{Transact: "11111112", OrderID: "11223345", Amount: kroner("200.00 DKK"), Status: sandbox.StatusCaptured},
	})
	if err != nil {
		log.Fatal(err)
	}
	if hostKey, err = gateway.HostKey(); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- sandbox.ServeSFTP(ctx, listener, gateway) }()
	return listener.Addr().String(), hostKey, func() {
		stop()
		<-served
		gateway.Close()
	}
}

func kroner(text string) money.Amount {
	a, err := money.Parse(text)
	if err != nil {
		log.Fatal(err)
	}
	return a
}

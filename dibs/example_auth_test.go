package dibs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
)

// atSandbox returns a client of a new sandbox.
func atSandbox(seeds ...sandbox.Transaction) (*dibs.Client, *sandbox.Gateway, func()) {
	noon := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	gateway, err := sandbox.Open(sandbox.Options{
		Merchants: []sandbox.Merchant{{ID: "12345678", Key1: key1, Key2: key2}}, Now: func() time.Time { return noon },
	})
	if err != nil {
		panic(err)
	}
	if err := gateway.Seed(seeds); err != nil {
		panic(err)
	}
	server := httptest.NewServer(gateway)
	client, err := dibs.New(dibs.Config{
		Gateway: server.URL, Merchant: "12345678", User: "api-user", Password: dibs.NewSecret("secret"),
		Key1: dibs.NewSecret(key1), Key2: dibs.NewSecret(key2),
	})
	if err != nil {
		panic(err)
	}
	return client, gateway, func() {
		client.CloseIdleConnections()
		server.Close()
		gateway.Close()
	}
}

// Every error of an authorisation says what is known about the reservation.
func ExampleClient_Auth() {
	client, _, done := atSandbox()
	defer done()
	for _, number := range []string{"4711100000000000", "4711100000000004", "4711100000000001"} {
		card, err := dibs.NewCard(number, time.June, 2024, "684")
		if err != nil {
			fmt.Println(err)
			return
		}
		got, err := client.Auth(context.Background(), dibs.AuthRequest{
			Order: dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK")}, Card: card,
		})
		var (
			declined  *dibs.AuthDeclinedError
			notSent   *dibs.NotSentError
			uncertain *dibs.UncertainError
		)
		switch {
		case err == nil:
			fmt.Println("reserved:", got.Transacts[0], got.CardType)
		case errors.As(err, &declined):
			fmt.Println("nothing was reserved:", declined.Reason)
		case errors.As(err, &notSent):
			fmt.Println("nothing was sent, so it may be sent again:", err)
		case errors.As(err, &uncertain):
			fmt.Println("do not send it again, ask for the order:", uncertain.Err)
		}
	}
	// Output:
	// reserved: 2800000001 VISA
	// nothing was reserved: card expired (4)
	// do not send it again, ask for the order: the gateway answered communication problems (1)
}

// A card is stored as a ticket, pays, and is forgotten.
func ExampleClient_TicketAuth() {
	client, _, done := atSandbox()
	defer done()
	ctx := context.Background()
	card, err := dibs.NewCard("4571100000000000", time.June, 2024, "684")
	if err != nil {
		fmt.Println(err)
		return
	}
	stored, err := client.Auth(ctx, dibs.AuthRequest{
		Order: dibs.Order{OrderID: "member 7", Amount: amount("1.00 DKK"), PreAuth: true}, Card: card,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	paid, err := client.TicketAuth(ctx, dibs.TicketAuthRequest{
		Ticket: stored.Transacts[0], OrderID: "member 7, November", Amount: amount("49.00 DKK"), CaptureNow: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	status, err := client.TransStatus(ctx, paid.Transacts[0])
	fmt.Println(status, err)

	_, err = client.DelTicket(ctx, stored.Transacts[0])
	fmt.Println(err)
	// Output:
	// captured (5) <nil>
	// <nil>
}

func ExampleCard() {
	card, err := dibs.NewCard("4711100000000000", time.June, 2024, "684")
	fmt.Printf("%v %#v %v\n", card, card, err)
	// Output: redacted redacted <nil>
}

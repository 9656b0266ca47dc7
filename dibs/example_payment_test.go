package dibs_test

import (
	"context"
	"fmt"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/money"
)

// The life of a payment: reserved, captured, given back in part.
func Example_payment() {
	client, _, done := atSandbox()
	defer done()
	ctx := context.Background()
	card, err := dibs.NewCard("4711100000000000", time.June, 2024, "684")
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := client.Auth(ctx, dibs.AuthRequest{Order: dibs.Order{OrderID: "11223344", Amount: amount("200.00 DKK")}, Card: card})
	if err != nil {
		fmt.Println(err)
		return
	}
	id := made.Transacts[0]
	captured, err := client.Capture(ctx, dibs.CaptureRequest{Transact: id, OrderID: "11223344", Amount: amount("200.00 DKK")})
	fmt.Println("capture:", captured.Result, err)
	refunded, err := client.Refund(ctx, dibs.RefundRequest{Transact: id, OrderID: "11223344", Amount: amount("50.00 DKK")})
	fmt.Println("refund:", refunded.Result, err)
	_, err = client.Cancel(ctx, dibs.CancelRequest{Transact: id, OrderID: "11223344"})
	fmt.Println("cancel:", err)
	info, err := client.PayInfo(ctx, id)
	fmt.Println(info.Status, info.Amount, err)
	// Output:
	// capture: accepted (0) <nil>
	// refund: accepted (0) <nil>
	// cancel: cancel.cgi 2800000001: declined: the transaction's status does not allow it (6)
	// partly refunded (8) 200.00 DKK <nil>
}

// An order in two deliveries: each has a transaction of its own from the start,
// is captured when it leaves, or is released.
func ExampleOrder_split() {
	client, _, done := atSandbox()
	defer done()
	ctx := context.Background()
	card, err := dibs.NewCard("4711100000000000", time.June, 2024, "684")
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := client.Auth(ctx, dibs.AuthRequest{
		Order: dibs.Order{OrderID: "11223344", Amount: amount("200.00 DKK"), Split: []money.Amount{amount("150.00 DKK"), amount("50.00 DKK")}}, Card: card,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Capture(ctx, dibs.CaptureRequest{Transact: made.Transacts[0], OrderID: "11223344", Amount: amount("150.00 DKK")})
	fmt.Println(err)
	_, err = client.Cancel(ctx, dibs.CancelRequest{Transact: made.Transacts[1], OrderID: "11223344"})
	fmt.Println(err)
	for _, id := range made.Transacts {
		status, err := client.TransStatus(ctx, id)
		fmt.Println(id, status, err)
	}
	// Output:
	// <nil>
	// <nil>
	// 2800000001 captured (5) <nil>
	// 2800000002 cancelled (6) <nil>
}

// An authorisation that is too old to be captured is opened again first.
func ExampleClient_Reauth() {
	client, _, done := atSandbox(sandbox.Transaction{
		Transact: "11111111", OrderID: "11223344", Amount: amount("200.00 DKK"), Status: sandbox.StatusAuthorised,
		AuthorisedAt: time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC), // the gateway has 2 November
	})
	defer done()
	ctx := context.Background()
	capture := dibs.CaptureRequest{Transact: "11111111", OrderID: "11223344", Amount: amount("200.00 DKK")}

	_, err := client.Capture(ctx, capture)
	fmt.Println(err)
	again, err := client.Reauth(ctx, "11111111")
	fmt.Println(again.Transacts, err)
	_, err = client.Capture(ctx, capture)
	fmt.Println(err)

	corrected, err := client.ChangeStatus(ctx, dibs.ChangeStatusRequest{Transact: "11111111", Amount: amount("200.00 DKK"), Action: dibs.ActionMatched})
	fmt.Println(corrected.Result, err)
	// Output:
	// capture.cgi 11111111: declined: authorisation older than 7 days (5)
	// [11111111] <nil>
	// <nil>
	// accepted (0) <nil>
}

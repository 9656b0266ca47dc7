package dibs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/money"
)

// What the status services tell of one captured transaction.
func ExampleClient_TransStat() {
	client, _, done := atSandbox(sandbox.Transaction{Transact: "11111111", OrderID: "11223344", Amount: amount("20.00 DKK"), Status: sandbox.StatusCaptured})
	defer done()
	ctx := context.Background()
	described := dibs.DescribeRequest{Transact: "11111111", OrderID: "11223344", Amount: amount("20.00 DKK")}

	byNumber, err := client.TransStat(ctx, described)
	fmt.Println(byNumber, err)
	byColour, err := client.TransImg(ctx, described)
	fmt.Println(byColour, err)
	confirmed, err := client.ConfirmTransact(ctx, dibs.ConfirmRequest{Transact: "11111111", OrderID: "11223344", Currency: described.Amount.Currency()})
	fmt.Println(confirmed, err)
	cardType, err := client.CardType(ctx, "11111111")
	fmt.Println(cardType, err)
	acquirer, err := client.AcquirerStatus(ctx, dibs.AllAcquirers)
	fmt.Println(acquirer.Up, acquirer.LastContact.Format(time.DateTime), err)
	// Output:
	// green <nil>
	// green <nil>
	// 20.00 DKK <nil>
	// VISA <nil>
	// true 2026-11-02 12:00:00 <nil>
}

// Two parts of an order are captured, and one of them is refunded.
func ExampleClient_SplitPayInfo() {
	client, _, done := atSandbox(sandbox.Transaction{Transact: "11111111", OrderID: "11223344", Amount: amount("50.00 DKK"), Status: sandbox.StatusSplitOpen})
	defer done()
	ctx := context.Background()
	for _, part := range []money.Amount{amount("15.00 DKK"), amount("25.00 DKK")} {
		_, err := client.Capture(ctx, dibs.CaptureRequest{Transact: "11111111", OrderID: "11223344", Amount: part, SplitPay: true})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	info, err := client.SplitPayInfo(ctx, "11111111", amount("50.00 DKK").Currency())
	if err != nil {
		fmt.Println(err)
		return
	}
	part := info.Parts[0]
	_, err = client.Refund(ctx, dibs.RefundRequest{Transact: part.Transact, OrderID: part.OrderID, Amount: amount("5.00 DKK")})
	fmt.Println(err)
	info, err = client.SplitPayInfo(ctx, "11111111", amount("50.00 DKK").Currency())
	fmt.Println(info.Captured, "captured,", info.Refunded, "refunded,", info.Left, "left", err)

	_, err = client.SplitPayClose(ctx, "11111111")
	fmt.Println(err)
	// Output:
	// <nil>
	// 40.00 DKK captured, 5.00 DKK refunded, 10.00 DKK left <nil>
	// <nil>
}

// A shop takes a callback for the amount of its own order only, and believes
// which order it is from the gateway.
func ExampleParseCallback() {
	client, _, done := atSandbox(sandbox.Transaction{Transact: "11111111", OrderID: "11223344", Amount: amount("20.00 DKK"), Status: sandbox.StatusAuthorised})
	defer done()
	orders := map[string]money.Amount{"11223344": amount("20.00 DKK")}

	paid := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cb, err := dibs.ParseCallback(r)
		if err != nil {
			http.Error(w, "no callback", http.StatusBadRequest)
			return
		}
		if err := client.VerifyCallback(cb, orders[cb.OrderID]); err != nil {
			http.Error(w, "not believed", http.StatusForbidden)
			return
		}
		info, err := client.PayInfo(r.Context(), cb.Transacts[0])
		if err != nil || info.OrderID != cb.OrderID {
			http.Error(w, "another order", http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, "%s is paid: %s", cb.OrderID, cb.Transacts[0])
	})

	for _, body := range []string{
		"orderid=11223344&amount=2000&currency=208&statuscode=2&transact=11111111&authkey=35d76574dc782b920cb4da6bec22b28d",
		"orderid=11223344&amount=2000&currency=208&statuscode=2&transact=11111112&authkey=35d76574dc782b920cb4da6bec22b28d",
	} {
		w := httptest.NewRecorder()
		paid(w, httptest.NewRequest(http.MethodPost, "/paid", strings.NewReader(body)))
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 11223344 is paid: 11111111
	// 403 not believed
}

// What was called back can be asked for later.
func ExampleClient_Callback() {
	client, _, done := atSandbox()
	defer done()
	ctx := context.Background()
	card, err := dibs.NewCard("4571100000000000", time.June, 2024, "684")
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := client.Auth(ctx, dibs.AuthRequest{Order: dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK")}, Card: card})
	if err != nil {
		fmt.Println(err)
		return
	}
	cb, err := client.Callback(ctx, made.Transacts[0])
	fmt.Println(cb.OrderID, cb.Amount, cb.PayType, cb.Card.Masked, cb.Status, err)

	_, err = client.Callback(ctx, "99999999")
	var none *dibs.NotFoundError
	fmt.Println(errors.As(err, &none))
	// Output:
	// 11223344 20.00 DKK V-DK XXXXXXXXXXXX0000 authorised (2) <nil>
	// true
}

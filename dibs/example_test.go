package dibs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"flexform/dibs"
	"flexform/money"
)

// gateway answers every request with the same body.
func gateway(body string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }))
}

func amount(s string) money.Amount {
	a, err := money.Parse(s)
	if err != nil {
		panic(err)
	}
	return a
}

func Example() {
	server := gateway("transact=11111111&status=2")
	defer server.Close()

	client, err := dibs.New(dibs.Config{
		Gateway:  server.URL, // leave it empty for the real gateway
		Merchant: "12345678",
		User:     "api-user",
		Password: dibs.NewSecret("secret"),
		Interval: 10 * time.Millisecond,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := client.TransInfo(context.Background(), dibs.TransInfoRequest{OrderID: "11223344", Amount: amount("200.00 DKK")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.Transacts[0], "captured:", found.Status == dibs.CoarseCaptured)
	// Output: 11111111 captured: true
}

// Every error of a money call says what is known about the money.
func ExampleClient_Refund() {
	for _, reply := range []string{"result=0", "status=DECLINED&result=7", "<html>Service unavailable</html>"} {
		server := gateway(reply)
		client, err := dibs.New(dibs.Config{Gateway: server.URL, Merchant: "12345678", User: "api-user", Password: dibs.NewSecret("secret")})
		if err != nil {
			fmt.Println(err)
			return
		}
		receipt, err := client.Refund(context.Background(), dibs.RefundRequest{
			Transact: "11111111", OrderID: "11223344", Amount: amount("50.00 DKK"),
		})
		var (
			declined  *dibs.DeclinedError
			refused   *dibs.LoginError
			notSent   *dibs.NotSentError
			uncertain *dibs.UncertainError
		)
		switch {
		case err == nil:
			fmt.Println("accepted, not yet settled:", receipt.Result)
		case errors.As(err, &declined), errors.As(err, &refused):
			fmt.Println("the gateway said no, no money moved:", err)
		case errors.As(err, &notSent):
			fmt.Println("nothing was sent, so it may be sent again:", err)
		case errors.As(err, &uncertain):
			fmt.Println("do not send it again, ask for the status:", err)
		}
		server.Close()
	}
	// Output:
	// accepted, not yet settled: accepted (0)
	// the gateway said no, no money moved: refund.cgi 11111111: declined: amount too high (7)
	// do not send it again, ask for the status: refund.cgi 11111111: outcome unknown: the reply is HTML, not text
}

func ExampleClient_TransStatus() {
	server := gateway("8")
	defer server.Close()
	client, err := dibs.New(dibs.Config{Gateway: server.URL, Merchant: "12345678"})
	if err != nil {
		fmt.Println(err)
		return
	}
	status, err := client.TransStatus(context.Background(), "11111111")
	fmt.Println(status, err)
	// Output: partly refunded (8) <nil>
}

// A caller with a limited leave to send gives it to the client, which asks at
// the last moment.
func ExampleWithSendBy() {
	server := gateway("result=0")
	defer server.Close()
	client, err := dibs.New(dibs.Config{Gateway: server.URL, Merchant: "12345678"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sendBy := time.Now().Add(-time.Second) // as if the machine had been asleep
	ctx := dibs.WithSendBy(context.Background(), func() error {
		if time.Now().After(sendBy) {
			return errors.New("the time to send this is over")
		}
		return nil
	})
	_, err = client.Capture(ctx, dibs.CaptureRequest{Transact: "11111111", OrderID: "11223344", Amount: amount("200.00 DKK")})
	fmt.Println(err)
	// Output: capture.cgi 11111111: not sent: the time to send this is over
}

func ExampleSecret() {
	fmt.Printf("%v %#v %s\n", dibs.NewSecret("hunter2"), dibs.NewSecret("hunter2"), dibs.Config{Password: dibs.NewSecret("hunter2")}.Password)
	// Output: redacted redacted redacted
}

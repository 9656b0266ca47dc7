package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/money"
)

// A client is tested against a gateway that loses the reply to its first
// refund. The gateway is the judge of what became of the money.
func ExampleStart() {
	t, done := newT() // in a test, its *testing.T; nothing has to be cleaned up
	defer done()

	seeds, err := sandbox.ReadSeed(strings.NewReader("transact,orderid,amount,currency,status\n11111111,11223344,200.00,DKK,captured\n"))
	if err != nil {
		t.Fatalf("%v", err)
	}
	server := sandbox.Start(t, sandbox.Options{
		Users:  []sandbox.User{{Name: "api", Password: "secret"}},
		Faults: []sandbox.Fault{{Service: "refund.cgi", Nth: 1, Do: sandbox.FaultDrop, Commit: sandbox.CommitHeld}},
	}, seeds...)

	client, err := dibs.New(dibs.Config{Gateway: server.URL, Merchant: "12345678", User: "api", Password: dibs.NewSecret("secret")})
	if err != nil {
		t.Fatalf("%v", err)
	}
	five, err := money.Parse("5.00 DKK")
	if err != nil {
		t.Fatalf("%v", err)
	}
	_, err = client.Refund(context.Background(), dibs.RefundRequest{Transact: "11111111", OrderID: "11223344", Amount: five})
	var uncertain *dibs.UncertainError
	if !errors.As(err, &uncertain) {
		t.Errorf("a lost reply: %v", err)
	}

	payment, _ := server.Gateway.Transaction("11111111")
	fmt.Println("refunded:", payment.Refunded)
	fmt.Println("carried out late:", server.Gateway.Release())
	payment, _ = server.Gateway.Transaction("11111111")
	fmt.Println("refunded:", payment.Refunded, "by", payment.Moves[1].By)
	for _, c := range server.Gateway.Calls(sandbox.Filter{Money: true}) {
		fmt.Println(c.Service, c.Params.Get("amount"), "moved money:", c.Moved)
	}
	// Output:
	// refunded: 0.00 DKK
	// carried out late: 1
	// refunded: 5.00 DKK by call
	// refund.cgi 500 moved money: true
}

// exampleT is a test for an example, which has none.
type exampleT struct{ cleanups []func() }

func newT() (*exampleT, func()) {
	t := &exampleT{}
	return t, func() {
		for _, clean := range t.cleanups {
			clean()
		}
	}
}

func (t *exampleT) Helper()                           {}
func (t *exampleT) Cleanup(clean func())              { t.cleanups = append(t.cleanups, clean) }
func (t *exampleT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (t *exampleT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

var _ sandbox.TB = (*testing.T)(nil)

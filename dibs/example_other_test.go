package dibs_test

import (
	"context"
	"fmt"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
)

// Ten vouchers of 50.00 kroner for December.
func ExampleClient_GenerateVouchers() {
	client, _, done := atSandbox()
	defer done()
	made, err := client.GenerateVouchers(context.Background(), dibs.VoucherRequest{
		Quantity: 10, Worth: amount("50.00 DKK"), Least: amount("100.00 DKK"), MaxUses: 1, Group: "XMAS",
		Start: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Expire: time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC),
	})
	fmt.Println(len(made.Codes), made.Codes[0][:4], err)
	// Output: 10 XMAS <nil>
}

// What the administration shows of an order besides its payment: numbered
// texts with labels of one's own, and the order's lines under their headings.
// With FullReply the reply tells what the gateway knows of the card.
func ExampleOrderInformation() {
	client, gateway, done := atSandbox()
	defer done()
	card, err := dibs.NewCard("4571100000000000", time.June, 2024, "684")
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := client.Auth(context.Background(), dibs.AuthRequest{
		Card: card,
		Order: dibs.Order{
			OrderID: "11223344", Amount: amount("298.00 DKK"), FullReply: true,
			Information: dibs.OrderInformation{
				Delivery: []dibs.Information{{Label: "Navn", Text: "Søren Sørensen"}, {Label: "By", Text: "Ærø"}},
				Prices:   []dibs.Information{{Label: "Fragt", Text: "49.00"}},
				Lines:    [][]string{{"Vare", "Antal"}, {"Kedel K2", "1"}},
			},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(made.PayType, made.Card.Masked, made.Card.Expiry, made.Acquirer)
	kept, _ := gateway.Transaction(string(made.Transacts[0]))
	for _, name := range []string{"delivery1.navn", "delivery2.by", "priceinfo1.fragt", "ordline0-1", "ordline1-1"} {
		fmt.Println(name, "=", kept.Details.Form.Get(name))
	}
	// Output:
	// V-DK XXXXXXXXXXXX0000 2406 TEST
	// delivery1.navn = Søren Sørensen
	// delivery2.by = Ærø
	// priceinfo1.fragt = 49.00
	// ordline0-1 = Vare
	// ordline1-1 = Kedel K2
}

// A service by its name, for tools: what it needs is in a table, what comes
// back is raw.
func ExampleClient_Call() {
	client, _, done := atSandbox(sandbox.Transaction{Transact: "11111111", OrderID: "11223344", Amount: amount("200.00 DKK"), Status: sandbox.StatusCaptured})
	defer done()
	service, err := dibs.FindService("refund.cgi")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range service.Parameters {
		if p.Required {
			fmt.Println(p.Name)
		}
	}
	raw, err := client.Call(context.Background(), service.Name, map[string]string{"transact": "11111111", "orderid": "11223344", "amount": "5000", "currency": "208"})
	fmt.Println(raw.HTTP, raw.Text, err)
	// Output:
	// transact
	// orderid
	// amount
	// currency
	// 200 status=ACCEPTED&result=0&transact=11111111 <nil>
}

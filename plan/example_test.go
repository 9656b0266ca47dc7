package plan_test

import (
	"fmt"
	"log"
	"time"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

func amount(s string) money.Amount {
	a, err := money.Parse(s)
	if err != nil {
		log.Fatal(err)
	}
	return a
}

// A plan is built from values only: what is declared, what the ledger holds,
// and what the gateway answered.
func ExampleBuild() {
	config := &schema.Config{
		Merchants: []schema.Merchant{{ID: "12345678", Mode: schema.ModeSandbox}},
		Transactions: []schema.Transaction{
			{
				Address: "transaction.order_1001", Merchant: "12345678", Transact: "11111111", OrderID: "11223344", Amount: amount("200.00 DKK"),
				Refunded: schema.Total{Declared: true, Amount: amount("50.00 DKK")}, Reason: "RMA 4411: one of four returned",
			},
			{
				Address: "transaction.order_1002", Merchant: "12345678", Transact: "22222222", OrderID: "11223345", Amount: amount("80.00 DKK"),
				Refunded: schema.Total{Declared: true, Full: true},
			},
		},
	}
	draft, problems := plan.Build(plan.BuildInput{
		Config: config,
		State:  &statefile.State{}, // an empty ledger
		Observations: []plan.Observation{
			{Looked: true, Transact: "11111111", Status: dibs.StatusCaptured},
			{Looked: true, Transact: "22222222", Status: dibs.StatusPartlyRefunded},
		},
	})
	if len(problems) > 0 {
		log.Fatal(problems)
	}
	for _, a := range draft.Body.Actions {
		fmt.Println(a.Address, a.Verb, a.FromMinor, "->", a.ToMinor, a.Class)
	}
	for _, b := range draft.Body.Blocked {
		fmt.Println(b.Address, b.Cause)
		fmt.Println(b.Command)
	}
	// Output:
	// transaction.order_1001 refund 0 -> 5000 counted
	// transaction.order_1002 drift
	// flexform adopt transaction.order_1002 --captured "80.00 DKK" --refunded "… DKK" --evidence "…"
}

// A sealed plan survives its file, and nothing else does.
func ExampleSeal() {
	p, err := plan.Seal(plan.Draft{Body: plan.Body{Mode: schema.ModeSandbox}}, plan.Envelope{
		CreatedAt: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC), ExpiresAt: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), Version: "0.1.0",
	})
	if err != nil {
		log.Fatal(err)
	}
	file, err := plan.Encode(p)
	if err != nil {
		log.Fatal(err)
	}
	again, err := plan.Decode(file)
	fmt.Println(again.Empty(), again.Digest == p.Digest, err)

	file[100]++
	_, err = plan.Decode(file)
	fmt.Println(err)
	// Output:
	// true true <nil>
	// plan: the seal does not match: it was changed after it was made; plan again
}

// The reply to a partial refund was lost. What does the status prove?
func ExampleJudge() {
	transaction := statefile.Transaction{Amount: amount("200.00 DKK")}
	lost := statefile.Action{
		Step:  statefile.Step{Verb: statefile.Refund, From: amount("0.00 DKK"), To: amount("50.00 DKK")},
		State: statefile.ActionUnknown, Before: int(dibs.StatusCaptured),
	}
	for _, now := range []dibs.Status{dibs.StatusCaptured, dibs.StatusRefundSent, dibs.StatusRefundDeclined, dibs.StatusPartlyRefunded} {
		fmt.Println(now, "->", plan.Judge(transaction, lost, now, true))
	}
	// Output:
	// captured (5) -> undecidable
	// refund sent (9) -> happened
	// refund declined (10) -> reversed
	// partly refunded (8) -> settled
}

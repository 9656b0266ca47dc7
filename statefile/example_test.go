package statefile_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"flexform/statefile"
)

// An intent is on the disk before the call, its outcome before the next one.
func Example() {
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "flexform.ledger")
	noon := func() time.Time { return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) }

	ledger, err := statefile.Open(path, statefile.Options{Now: noon, Actor: statefile.Actor{User: "anna", Host: "build7", PID: 4711}})
	if err != nil {
		panic(err)
	}
	intent := statefile.Intent{
		Plan: "sha256:9f86…", Address: "transaction.order_1001", Merchant: "12345678", Transact: "11111111", OrderID: "11223344",
		Verb: statefile.Refund, Currency: "DKK", AmountMinor: 20000, FromMinor: 0, ToMinor: 5000, Attempt: 1, Class: "counted", Status: 5,
	}
	step, err := intent.Step()
	if err != nil {
		panic(err)
	}
	intent.Action = statefile.ActionID(step, 1)

	ctx := context.Background()
	begin := statefile.Begin{Plan: intent.Plan, Mode: "sandbox", Actions: 1}
	if _, err := ledger.Append(ctx, begin, intent); err != nil {
		panic(err)
	}
	// Only now may the request be sent. Its answer never came:
	if _, err := ledger.Append(ctx, statefile.Outcome{Action: intent.Action, Result: statefile.Unknown}); err != nil {
		panic(err)
	}
	_, err = ledger.Append(ctx, intent)
	fmt.Println(err)
	if err := ledger.Close(); err != nil {
		panic(err)
	}

	state, err := statefile.Read(path)
	if err != nil {
		panic(err)
	}
	for _, a := range state.Undecided() {
		fmt.Println(a.ID, "is", a.State)
	}
	// Output:
	// action 12345678/11111111/refund/0-5000/DKK#1 was claimed by entry 3 and is unknown: it cannot be claimed again
	// 12345678/11111111/refund/0-5000/DKK#1 is unknown
}

package schema_test

import (
	"fmt"
	"os"
	"path/filepath"

	"flexform/schema"
)

// A folder says what state each transaction should be in, and Load reads it.
func ExampleLoad() {
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(`
merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "recall" {
  for_each = csv("recall.csv", "transact")
  transact = each.key
  orderid  = each.value.orderid
  amount   = "${each.value.amount} DKK"
  refunded = full
}
`), 0o600)
	os.WriteFile(filepath.Join(dir, "recall.csv"), []byte("transact,orderid,amount\n22222222,1002,80.00\n11111111,1001,200.00\n"), 0o600)

	config, diags := schema.Load(dir, schema.LoadOptions{})
	if diags.HasErrors() {
		fmt.Println(diags)
		return
	}
	for _, t := range config.Transactions {
		fmt.Printf("%s: order %s over %s\n", t.Address, t.OrderID, t.Amount)
	}
	// Output:
	// transaction.recall["22222222"]: order 1002 over 80.00 DKK
	// transaction.recall["11111111"]: order 1001 over 200.00 DKK
}

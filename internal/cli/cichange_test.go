package cli

import (
	"testing"

	"flexform/schema"
)

// A ledger in a database is no file of a change: no path counts as it, and no
// commit as one that only records.
func TestLedgerOfAChange(t *testing.T) {
	c := &change{folder: "shop"}
	file := &schema.Config{Ledger: schema.Ledger{Path: "flexform.ledger"}}
	database := &schema.Config{Ledger: schema.Ledger{Postgres: schema.Postgres{Name: "shop", Schema: "flexform"}}}
	tests := map[string]struct {
		cfg  *schema.Config
		path string
		want bool
	}{
		"the file":                     {file, "shop/flexform.ledger", true},
		"beside the file":              {file, "shop/main.hcl", false},
		"the name of the file":         {database, "shop/flexform.ledger", false},
		"something in the folder":      {database, "shop/main.hcl", false},
		"something outside the folder": {database, "main.hcl", false},
	}
	for name, tt := range tests {
		if got := c.isLedger(tt.cfg, tt.path); got != tt.want {
			t.Errorf("%s: isLedger(%s) = %t", name, tt.path, got)
		}
		if got := c.only([]string{tt.path}, c.ledger(tt.cfg)); got != tt.want {
			t.Errorf("%s: a commit of %s only records: %t", name, tt.path, got)
		}
	}
}

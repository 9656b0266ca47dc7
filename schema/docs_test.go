package schema

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// docs/configuration.md is loaded as it stands, so that it cannot say what does
// not hold.
func TestConfigurationPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var config strings.Builder
	for _, block := range regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		config.WriteString(block[1] + "\n")
	}
	write("main.hcl", config.String())
	write("recall-2026-11.csv", "transact,orderid,amount,currency\n22222222,r-1,10.00,DKK\n22222223,r-2,10.00,EUR\n")
	write("transactions.csv", "")
	cfg, diags := Load(dir, LoadOptions{Version: "0.1.0"})
	if diags.HasErrors() {
		t.Fatalf("the page's configuration: %v", diags)
	}
	if len(cfg.Transactions) != 5 || len(cfg.Tickets) != 2 || len(cfg.Merchants) != 1 || !cfg.Merchants[0].Bulk.Valid() {
		t.Errorf("the page declares %d transactions, %d tickets and %d merchants", len(cfg.Transactions), len(cfg.Tickets), len(cfg.Merchants))
	}

	for name := range new(loader).allowed() {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("the page does not name the function %s", name)
		}
	}
	for a := attrMerchant; a <= attrCapture; a++ {
		if !regexp.MustCompile(`(?m)^ *`+a.String()+` +=`).MatchString(config.String()) && a != attrMerchant {
			t.Errorf("the page does not show the attribute %s", a)
		}
	}
}

// docs/guards.md, too.
func TestGuardsPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "guards.md"))
	if err != nil {
		t.Fatal(err)
	}
	config := shop
	for _, block := range regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		config += block[1] + "\n"
	}
	signers := "anna@example.com " + keyLine(t, 0) + "\nbo@example.com " + keyLine(t, 1) + "\n"
	cfg, diags := load(t, map[string]string{"main.hcl": config, "allowed_signers": signers}, LoadOptions{})
	if diags.HasErrors() {
		t.Fatalf("the page's settings: %s", render(cfg, diags))
	}
	if len(cfg.Limits) != 1 || len(cfg.Checks) != 3 || !cfg.Approvals.Required() {
		t.Errorf("the page has %d limits, %d checks and approvals %+v", len(cfg.Limits), len(cfg.Checks), cfg.Approvals)
	}
	for _, name := range slices.Concat(attributesOf(PlanType()), attributesOf(ActionType()), attributesOf(BlockedType()), attributesOf(TotalType())) {
		if !strings.Contains(string(page), "`"+name+"`") && !strings.Contains(string(page), "`plan."+name) {
			t.Errorf("the page does not name %s", name)
		}
	}
}

func attributesOf(t cty.Type) []string { return slices.Sorted(maps.Keys(t.AttributeTypes())) }

package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzPlain holds the plain reader to HCL: what it takes, HCL takes too, and
// finds the same in it at the same places.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{
		plainBlocks(2)[len(shop):],
		"transaction \"a\" {\n}\n", "transaction \"a\" {\n}", "transaction \"a\" { # x\n\torderid = \"1\" // y\n  # z\n\n amount=\"\"\n}\n",
		"# c\n\n  transaction \"a\" {\n merchant = merchant.web-shop\n cancelled = true\n captured = null\n}  # end\n# more\n",
		"transaction \"a\" {\n reason = \"æøå é\"\n}\n", "transaction \"a\" {\n reason = \"e\u0301\" # x\n}\n", "\ufefftransaction \"a\" {\n}\n",
		"transaction \"a\" {\n merchant = merchant.é\n}\n", "transaction \"a\" {\n captured = fullé\n}\n", "transaction \"a\" {\n captured = full.x\n}\n",
		"transaction \"a\" {\n amount = \"\u0301\"\n}\n", "transaction \"a\" {\n amount = \"a\" / 2\n}\n", "transaction \"a\" {\n amount = full /* x */\n}\n",
		"transaction \"a\" {\n merchant = \"x\"\n for_each = full\n}\n", "transaction \"1\" {\n}\n", "transaction \"a\" \n{\n}\n", "transaction \"a\" {\n amount = \"1\"}\n", "transaction \"a\" {\r\n}\r\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := source{"fuzz.hcl", text}
		items, fault := scan(src)
		if fault != nil {
			return
		}
		for _, it := range items {
			got, ok := readPlain(src, it)
			if !ok {
				continue
			}
			var want document
			want.parse(src, it)
			if want.broken || len(want.mistakes.list) > 0 || len(want.transactions) != 1 || len(want.blocks) > 0 {
				t.Fatalf("readPlain(%q) took what HCL does not: %+v", text[it.start:it.end], want)
			}
			if diff := cmp.Diff(want.transactions[0], got, cmp.AllowUnexported(declared{}, field{})); diff != "" {
				t.Fatalf("readPlain(%q) differs from HCL (-HCL +plain):\n%s", text[it.start:it.end], diff)
			}
		}
	})
}

// TestPlainReaderTakesOrdinaryBlocks keeps the fast way from being lost
// unnoticed.
func TestPlainReaderTakesOrdinaryBlocks(t *testing.T) {
	src := source{"main.hcl", plainBlocks(3) + "\ntransaction \"last\" {\n  merchant  = merchant.shop\n  orderid   = \"Ærø-1\"\n  amount    = \"1.00 DKK\" # whole\n  cancelled = true\n}\n"}
	items, fault := scan(src)
	if fault != nil {
		t.Fatal(fault)
	}
	taken := 0
	for _, it := range items {
		if _, ok := readPlain(src, it); ok {
			taken++
		}
	}
	if taken != 4 {
		t.Errorf("readPlain took %d of 4 ordinary blocks", taken)
	}
}

package schema

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCuttingAFileChangesNoMessage breaks a file of many chunks in several
// ways. What is said is what HCL says of the uncut file, at the same places.
func TestCuttingAFileChangesNoMessage(t *testing.T) {
	text := plainBlocks(600)
	broken := map[string]string{
		"a value missing":            strings.Replace(text, "orderid  = \"22222522\"", "orderid  =", 1),
		"two values on a line":       strings.Replace(text, "captured = full\n", "captured = full amount = 2\n", 1),
		"a comma at the end":         strings.ReplaceAll(text, "\"50.00 DKK\"\n", "\"50.00 DKK\",\n"),
		"an escape that is none":     strings.Replace(text, "RMA 310:", `RMA \310:`, 1),
		"a block that goes on":       strings.Replace(text, "}\n\ntransaction \"order_311\"", "} transaction \"order_311\"", 1),
		"an attribute without value": strings.Replace(text, "captured = full\n", "captured\n", 1),
		"several at once":            strings.Replace(strings.Replace(text, "RMA 7:", `RMA \7:`, 1), "RMA 599:", `RMA \599:`, 1),
	}
	for name, text := range broken {
		t.Run(name, func(t *testing.T) {
			src := source{"main.hcl", text}
			items, fault := scan(src)
			if fault != nil {
				t.Fatal(fault)
			}
			var got, want document
			for _, d := range parse([]source{src}, [][]item{items}) {
				got.transactions = append(got.transactions, d.transactions...)
				got.mistakes.take(d.mistakes)
			}
			want.parse(src, item{0, len(text), 1})
			if diff := cmp.Diff(messages(want.mistakes), messages(got.mistakes)); diff != "" || len(want.mistakes.list) == 0 {
				t.Errorf("messages differ (-uncut +cut):\n%s", diff)
			}
			if len(got.transactions) != len(want.transactions) {
				t.Errorf("%d transactions, uncut %d", len(got.transactions), len(want.transactions))
			}
		})
	}
}

func messages(m mistakes) (all []string) {
	for _, d := range m.list {
		all = append(all, d.Subject.String()+" "+d.Summary+" "+d.Detail)
	}
	return all
}

// TestAFileOfNothingButMistakes keeps what is remembered of them small, however
// long it is.
func TestAFileOfNothingButMistakes(t *testing.T) {
	text := shop + strings.Repeat("a=\n", 200_000)
	_, diags := load(t, map[string]string{"main.hcl": text}, LoadOptions{})
	if len(diags) != maxMistakes+1 || diags[0].Subject.Start.Line != 5 {
		t.Errorf("%d messages, the first on line %d", len(diags), diags[0].Subject.Start.Line)
	}
}

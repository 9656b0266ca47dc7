package schema

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"
	"time"
)

// plainBlocks is n transaction blocks as a shop's export would write them.
func plainBlocks(n int) string {
	var b bytes.Buffer
	b.WriteString(shop)
	for i := range n {
		fmt.Fprintf(&b, "\ntransaction \"order_%d\" {\n  transact = \"%d\"\n  orderid  = \"%d\"\n  amount   = \"200.00 DKK\"\n  captured = full\n  refunded = \"50.00 DKK\"\n  reason   = \"RMA %d: one of four returned\"\n}\n", i, 11111111+i, 22222222+i, i)
	}
	return b.String()
}

// recall is a block over a table of n rows with five columns.
func recall(n int) map[string]string {
	var b bytes.Buffer
	b.WriteString("transact,orderid,amount,currency,note\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,a-%d,200.00,DKK,box %d\n", 11111111+i, i, i)
	}
	return map[string]string{"recall.csv": b.String(), "main.hcl": shop + `
variable "batch" {
  default = "2026-11"
}
locals {
  recall = csv("recall.csv", "transact")
}
transaction "recall" {
  for_each = local.recall
  transact = each.key
  orderid  = each.value.orderid
  amount   = "${each.value.amount} ${each.value.currency}"
  refunded = full
  reason   = "recall ${var.batch}, ${each.value.note}"
}
`}
}

func benchmarkLoad(b *testing.B, files map[string]string, want int) {
	dir := folderOf(b, files)
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		c, diags := Load(dir, LoadOptions{})
		if diags.HasErrors() || len(c.Transactions) != want {
			b.Fatalf("Load: %d transactions, want %d: %v", len(c.Transactions), want, diags)
		}
	}
	b.ReportMetric(float64(processorTime(b)-before)/1e6/float64(b.N), "cpu-ms/op")
}

// processorTime is what the process has used of all processors: on a busy
// machine it says more than the time on the wall.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkLoad1000Blocks(b *testing.B) {
	benchmarkLoad(b, map[string]string{"main.hcl": plainBlocks(1000)}, 1000)
}

func BenchmarkLoad1000BlocksInTenFiles(b *testing.B) {
	files := map[string]string{}
	for i := range 10 {
		text := plainBlocks(100)[len(shop):]
		files[fmt.Sprintf("part%d.hcl", i)] = string(bytes.ReplaceAll(bytes.ReplaceAll([]byte(text), []byte("order_"), fmt.Appendf(nil, "order_%d_", i)), []byte("= \"1111"), fmt.Appendf(nil, "= \"%d1111", i+1)))
	}
	files["main.hcl"] = shop
	benchmarkLoad(b, files, 1000)
}

func BenchmarkLoad10000Rows(b *testing.B) {
	benchmarkLoad(b, recall(10_000), 10_000)
}

// BenchmarkLoad10000RowsFiltered takes the table through a loop, so that its
// rows become values.
func BenchmarkLoad10000RowsFiltered(b *testing.B) {
	files := recall(10_000)
	files["main.hcl"] = string(bytes.Replace([]byte(files["main.hcl"]), []byte("for_each = local.recall"), []byte(`for_each = { for k, r in local.recall : k => r if r.currency == "DKK" }`), 1))
	benchmarkLoad(b, files, 10_000)
}

func BenchmarkScan(b *testing.B) {
	src := source{"main.hcl", plainBlocks(1000)}
	b.SetBytes(int64(len(src.text)))
	for b.Loop() {
		scan(src)
	}
}

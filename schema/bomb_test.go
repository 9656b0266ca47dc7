package schema

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A bomb is a file made to bring a parser or evaluator down.
type bomb struct {
	text string
	want string // summary of the only mistake, or several that may be, parted by |
}

// TestBombsAreDefusedByTheScan is R60: files that would end the process inside
// HCL's lexer or parser. They are refused before that, within the memory that
// the promise names.
func TestBombsAreDefusedByTheScan(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s, 200_000) }
	bombs := map[string]bomb{
		"round brackets":                      {text: "a = " + many("("), want: "Nesting too deep"},
		"square brackets":                     {text: "a = " + many("["), want: "Nesting too deep"},
		"braces":                              {text: "a = " + many("{a="), want: "Nesting too deep"},
		"blocks":                              {text: many("a {\n"), want: "Nesting too deep"},
		"loops":                               {text: "a = " + many("[for x in "), want: "Nesting too deep"},
		"calls":                               {text: "a = " + many("upper("), want: "Nesting too deep"},
		"templates":                           {text: "a = " + many(`"${`), want: "Nesting too deep"},
		"heredocs":                            {text: "a = " + many("<<E\n${"), want: "Nesting too deep"},
		"directives":                          {text: `a = "` + many("%{ if true }"), want: "Nesting too deep"},
		"directives with comments":            {text: `a = "` + many("%{/* */ for x in y }"), want: "Nesting too deep"},
		"nots":                                {text: "a = " + many("!") + "true", want: "Expression too long"},
		"minuses":                             {text: "a = " + many("- ") + "1", want: "Expression too long"},
		"a long sum":                          {text: "a = 1" + many("+1"), want: "Expression too long"},
		"a long sum over lines":               {text: "a = (1" + many("\n+1") + ")", want: "Expression too long"},
		"a long sum over lines in a loop":     {text: "a = {\n# x\nfor k in y : k => 1" + many("\n+1") + "}", want: "Expression too long"},
		"a long sum over lines in a template": {text: `a = "${1` + many("\n+1") + `}"`, want: "Expression too long"},
		"conditions in each other":            {text: "a = " + many("b ? c : ") + "d", want: "Expression too long"},
		"indexes":                             {text: "a = b" + many("[0]"), want: "Expression too long"},
		"splats":                              {text: "a = b" + many("[*]"), want: "Expression too long"},
		"attribute splats":                    {text: "a = b" + many(".*"), want: "Expression too long"},
		"namespaces":                          {text: "a = b" + many("::b") + "()", want: "Expression too long"},
		"digits":                              {text: "a = " + many("1"), want: "Number too long"},
		"digits with points":                  {text: "a = 1" + many(".1"), want: "Number too long"},
		"digits behind a strange letter":      {text: "a = ×" + many("1"), want: "Number too long"},
		"an exponent":                         {text: "a = 1e999999999", want: "Number with an exponent"},
		"an exponent behind a point":          {text: "a = 1.e999999999", want: "Number with an exponent"},
		"a negative exponent":                 {text: "a = 1E-999999999", want: "Number with an exponent"},
		"many values":                         {text: "a = [" + many("1,") + "]", want: "Block too large"},
		"many pieces of text":                 {text: `a = "` + many("$a%") + `"`, want: "Block too large"},
		"many lines of a heredoc":             {text: "a = <<E\n" + many("x\n") + many("y\n") + "E", want: "Block too large"},
		"points":                              {text: "a = 1" + many(".") + many("."), want: "Block too large"},
		"strange characters":                  {text: many("@"), want: "Not a configuration"},
		"quotes":                              {text: "a = " + many("\"\n"), want: "Text not closed"},
		"comments":                            {text: "/*" + many(" /*"), want: "Comment not closed"},
	}
	for name, b := range bombs {
		t.Run(name, func(t *testing.T) {
			defuse(t, newLoader(LoadOptions{}), b, 64)
		})
	}
}

// TestBombsAreDefusedByTheMeter is R61: expressions that are small to read and
// endless to work out. They get a thirtieth of the usual budget, so that the test
// takes a thirtieth of the time that the worst of them would.
func TestBombsAreDefusedByTheMeter(t *testing.T) {
	doubling := func(first, format string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "a0 = %s\n", first)
		for i := 1; i <= 60; i++ {
			fmt.Fprintf(&b, "a%d = %s\n", i, strings.ReplaceAll(format, "PREVIOUS", fmt.Sprintf("local.a%d", i-1)))
		}
		return b.String()
	}
	long := `join("", [for x in range(1024) : "0123456789"])`
	bombs := map[string]bomb{
		"a text that doubles":             {text: doubling(`"0123456789"`, `"${PREVIOUS}${PREVIOUS}"`), want: "Expression too costly|Text too long"},
		"a list that doubles":             {text: doubling("[1, 2]", "[PREVIOUS, PREVIOUS]"), want: "Expression too costly|Value too large"},
		"a map that doubles":              {text: doubling("{ x = 1 }", "{ l = PREVIOUS, r = PREVIOUS }"), want: "Expression too costly|Value too large"},
		"lists put end to end":            {text: doubling("range(1000)", "concat(PREVIOUS, PREVIOUS)"), want: "Expression too costly|Value too large"},
		"conditions over huge types":      {text: doubling("[1, true]", "true ? [PREVIOUS, PREVIOUS] : []"), want: "Expression too costly|Value too large"},
		"comparing lists that double":     {text: doubling("[1]", "[PREVIOUS == PREVIOUS, PREVIOUS, PREVIOUS]"), want: "Expression too costly|Value too large"},
		"a value within a value, often":   {text: doubling("1", "[[[[[[[[[[[[[[PREVIOUS]]]]]]]]]]]]]]"), want: "Value too large"},
		"a number that squares":           {text: doubling("12345678901234567890", "PREVIOUS * PREVIOUS"), want: "Number too large"},
		"a number that shrinks":           {text: doubling("0.00001", "PREVIOUS * PREVIOUS"), want: "Number too large"},
		"a number out of text":            {text: `a = "1e999999999" * 1`, want: "Number too large"},
		"a number for tonumber":           {text: `a = tonumber("1e999999999")`, want: "Invalid function argument"},
		"loops in loops":                  {text: "a = [for a in range(1024) : [for b in range(1024) : [for c in range(1024) : 1]]]", want: "Expression too costly"},
		"loops that keep nothing":         {text: "a = [for a in range(1024) : [for b in range(1024) : [for c in range(1024) : 1 if false]]]", want: "Expression too costly"},
		"loops in a template":             {text: `a = "%{ for a in range(1024) }%{ for b in range(1024) }%{ for c in range(1024) }x%{ endfor }%{ endfor }%{ endfor }"`, want: "Expression too costly|Value too large"},
		"splats in loops":                 {text: "b = [for x in range(1024) : { y = x }]\na = [for x in range(1024) : [for y in range(1024) : local.b[*].y]]", want: "Expression too costly|Value too large"},
		"a search in a loop":              {text: "b = range(1024)\na = [for x in range(1024) : [for y in local.b : contains(local.b, y)]]", want: "Expression too costly"},
		"a text put into itself":          {text: "b = " + long + "\na = replace(local.b, \"0\", replace(local.b, \"1\", local.b))", want: "Error in function call"},
		"a long separator":                {text: "b = " + long + "\na = join(local.b, [for x in range(1024) : local.b])", want: "Expression too costly|Error in function call"},
		"a text in many pieces":           {text: "b = " + long + "\nc = join(\"\", [for x in range(150) : local.b])\na = split(\"\", local.c)", want: "Expression too costly|Error in function call"},
		"a width":                         {text: `a = format("%999999999d", 1)`, want: "Invalid function argument"},
		"a long range":                    {text: "a = range(1000000000)", want: "Invalid function argument"},
		"no setproduct":                   {text: "a = setproduct(range(1024), range(1024))", want: "Unknown function"},
		"no regular expressions":          {text: `a = regexall("(a*)*b", "aaaa")`, want: "Unknown function"},
		"many texts in a loop":            {text: "b = " + long + "\na = [for x in range(1024) : [for y in range(1024) : \"${local.b}${x}\"]]", want: "Expression too costly"},
		"maps merged over and over":       {text: "b = { for x in range(1024) : \"k${x}\" => x }\na = [for x in range(1024) : merge(local.b, { y = x })]", want: "Expression too costly|Value too large"},
		"a value that each local repeats": {text: doubling("[for x in range(1024) : [for y in range(100) : y]]", "concat(PREVIOUS, [])"), want: "Expression too costly"},
	}
	for name, b := range bombs {
		t.Run(name, func(t *testing.T) {
			l := newLoader(LoadOptions{})
			l.meter.left /= 30
			b.text = "locals {\n" + b.text + "\n}"
			defuse(t, l, b, 256)
		})
	}
}

// TestTheWorstBombStaysWithinTheLimits spends a third of the budget once. In
// all, three times this memory is allocated, most of it freed again on the way.
func TestTheWorstBombStaysWithinTheLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second or two and half a gigabyte")
	}
	b := bomb{"locals {\na = [for a in range(1024) : [for b in range(1024) : [for c in range(1024) : { x = c }]]]\n}", "Expression too costly|Value too large"}
	l := newLoader(LoadOptions{})
	l.meter.left /= 3
	defuse(t, l, b, 600)
}

// TestAnExhaustedBudgetIsReportedOnce keeps one costly expression from turning
// every other one into a mistake.
func TestAnExhaustedBudgetIsReportedOnce(t *testing.T) {
	l := newLoader(LoadOptions{})
	l.meter.left = 1000
	dir := folderOf(t, map[string]string{"main.hcl": shop + "locals {\n  a = [for x in range(1024) : x]\n  b = upper(\"x\")\n  c = local.b\n}\n" + `transaction "x" {
  orderid = "a-${local.c}"
  amount  = "1.005 DKK"
}
`})
	_, diags := l.run(dir)
	if diff := cmp.Diff("Expression too costly\nWrong number of decimals", summaries(diags)); diff != "" {
		t.Errorf("mistakes differ (-want +got):\n%s", diff)
	}
}

// defuse loads a bomb and checks that it is refused, with its place, without
// allocating more than it may in all.
func defuse(t *testing.T, l *loader, b bomb, mib uint64) {
	t.Helper()
	dir := folderOf(t, map[string]string{"main.hcl": shop + b.text + "\n"})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c, diags := l.run(dir)
	runtime.ReadMemStats(&after)
	checkFailure(t, c, diags)
	if got := summaries(diags); !slices.Contains(strings.Split(b.want, "|"), got) {
		t.Errorf("want %s, got\n%s", b.want, clip(got))
	}
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > mib {
		t.Errorf("%d MiB were allocated, want at most %d", used, mib)
	} else {
		t.Logf("%d MiB for %d bytes", used, len(b.text))
	}
}

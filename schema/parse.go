package schema

import (
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A document is what one file, or one chunk of a file, says.
type document struct {
	transactions []declared
	blocks       []*hclsyntax.Block // all others
	mistakes     mistakes
	broken       bool // HCL could not make sense of all of it
}

// blockTypes are the blocks that may stand in a file.
func blockTypes() []string {
	return []string{"transaction", "ticket", "merchant", "ledger", "limits", "check", "approvals", "locals", "variable", "sandbox", "flexform"}
}

// chunkSize is how many bytes of a file are parsed in one go.
const chunkSize = 16 << 10

// parse reads files side by side, chunk by chunk, and returns what they say in
// file order. Cutting files up uses all processors and keeps HCL's tokens, a
// hundred bytes for every sign, from existing all at once. When a chunk has a
// syntax error, HCL reads the whole file again, so that its messages are the
// ones that the uncut file gives.
func parse(files []source, items [][]item) []document {
	type task struct {
		file  int
		chunk []item
	}
	var tasks []task
	for i := range files {
		for chunk := range chunks(items[i]) {
			tasks = append(tasks, task{i, chunk})
		}
	}
	docs := make([]document, len(tasks))
	inParallel(len(tasks), func(n int) {
		docs[n].mistakes.limit = 1 + keptMistakes/len(tasks)
		docs[n].read(files[tasks[n].file], tasks[n].chunk)
	})
	var all []document
	for n := 0; n < len(tasks); {
		file, first := tasks[n].file, n
		for n < len(tasks) && tasks[n].file == file {
			n++
		}
		all = append(all, whole(files[file], docs[first:n])...)
	}
	return all
}

// chunks yields the items of a file in runs of about [chunkSize].
func chunks(items []item) iter.Seq[[]item] {
	return func(yield func([]item) bool) {
		for first, i := 0, 0; i < len(items); i++ {
			if items[i].end-items[first].start < chunkSize && i+1 < len(items) {
				continue
			}
			if !yield(items[first : i+1]) {
				return
			}
			first = i + 1
		}
	}
}

// whole returns the documents of a file, or, when something in them is broken,
// what HCL makes of the file uncut.
func whole(src source, docs []document) []document {
	if len(docs) < 2 || len(src.text) > maxReparse || !slices.ContainsFunc(docs, func(d document) bool { return d.broken }) {
		return docs
	}
	var d document
	d.parse(src, item{0, len(src.text), 1})
	return []document{d}
}

// maxReparse is the largest file that is read again whole. Beyond it, the
// messages of the chunks have to do.
const maxReparse = 1 << 20

// inParallel calls do(0) … do(n-1) on as many processors as there are.
func inParallel(n int, do func(int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// read reads the items that are plain itself and leaves runs of others to HCL.
func (d *document) read(src source, items []item) {
	var rest item // those not yet given to HCL
	flush := func() {
		if rest.end > rest.start {
			d.parse(src, rest)
		}
		rest = item{}
	}
	for _, it := range items {
		if t, ok := readPlain(src, it); ok {
			flush()
			if d.transactions == nil {
				d.transactions = make([]declared, 0, len(items))
			}
			d.transactions = append(d.transactions, t)
			continue
		}
		if rest.end == 0 {
			rest = it
		}
		rest.end = it.end
	}
	flush()
}

// parse adds what HCL reads in a run of items.
func (d *document) parse(src source, it item) {
	body, diags := parseHCL(src, it)
	d.broken = d.broken || diags.HasErrors()
	strange := characters(diags)
	for _, diag := range diags {
		if diag.Summary != "Invalid expression" || !slices.Contains(strange, *diag.Subject) {
			d.mistakes.append(inPlainWords(diag))
		}
	}
	if body == nil {
		return
	}
	for _, attr := range body.Attributes {
		d.stray(attr)
	}
	for _, b := range body.Blocks {
		if !damaged(b, diags) {
			d.take(b)
		}
	}
}

// parseHCL calls HCL's parser. A panic in it would be its bug, but the text is
// somebody else's, so it must not end the process.
func parseHCL(src source, it item) (body *hclsyntax.Body, diags hcl.Diagnostics) {
	defer func() {
		if p := recover(); p != nil {
			place := src.lookup(it.start, it.start)
			body, diags = nil, hcl.Diagnostics{{
				Severity: hcl.DiagError,
				Summary:  "Cannot parse file",
				Detail:   fmt.Sprintf("The HCL parser gave up on the part of the file that begins here: %v. Look for brackets and quotation marks without a partner.", p),
				Subject:  &place,
			}}
		}
	}()
	file, diags := hclsyntax.ParseConfig([]byte(src.text[it.start:it.end]), src.name, hcl.Pos{Line: it.line, Column: 1, Byte: it.start})
	return file.Body.(*hclsyntax.Body), diags
}

// stray says that an attribute stands outside all blocks.
func (d *document) stray(attr *hclsyntax.Attribute) {
	if ending, ok := secretEnding(attr.Name); ok {
		d.mistakes.secretInConfig(attr, ending, "")
		return
	}
	d.mistakes.add(attr.NameRange, "Attribute outside a block", "%q stands outside all blocks. Move it into the block that it belongs to; a value that is used in several places belongs into a locals block.", attr.Name)
}

// take sorts a block by its type.
func (d *document) take(b *hclsyntax.Block) {
	switch b.Type {
	case "transaction":
		if t, ok := declare(b, &d.mistakes); ok {
			d.transactions = append(d.transactions, t)
		}
	case "ticket", "merchant", "ledger", "limits", "check", "approvals", "locals", "variable", "sandbox", "flexform":
		d.blocks = append(d.blocks, b)
	default:
		hint := didYouMean(b.Type, blockTypes())
		if hint == "" {
			hint = " There are " + allOf(blockTypes()) + "."
		}
		d.mistakes.add(b.TypeRange, "Unknown block", "There is no block of type %q.%s", b.Type, hint)
	}
}

// damaged reports whether a syntax error lies within a block. What such a
// block seems to say is not worth further complaints.
func damaged(b *hclsyntax.Block, diags hcl.Diagnostics) bool {
	for _, d := range diags {
		if d.Subject != nil && d.Subject.Start.Byte >= b.TypeRange.Start.Byte && d.Subject.Start.Byte <= b.CloseBraceRange.End.Byte {
			return true
		}
	}
	return false
}

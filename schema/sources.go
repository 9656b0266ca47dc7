package schema

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// allSources yields every file that was read and every value that was given on
// the command line, by name.
func (l *loader) allSources() iter.Seq[source] {
	all := maps.Clone(l.commandLines)
	maps.Copy(all, l.folder.files)
	if l.settings != nil {
		all[l.settings.name] = *l.settings
	}
	if l.signers != nil {
		all[l.signers.name] = *l.signers
	}
	return func(yield func(source) bool) {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if !yield(all[name]) {
				return
			}
		}
	}
}

// sources returns the bytes of all files by name.
func (l *loader) sources() map[string][]byte {
	all := map[string][]byte{}
	for src := range l.allSources() {
		all[src.name] = []byte(src.text)
	}
	return all
}

// maskedSources returns them as they may be shown next to messages, and takes
// out of the messages what they are not shown with.
func (l *loader) maskedSources() map[string][]byte {
	all := map[string][]byte{}
	for src := range l.allSources() {
		text := maskCards(src.text)
		if strings.HasSuffix(src.name, ".hcl") {
			text = maskSecrets(text)
		}
		all[src.name] = []byte(text)
	}
	for _, r := range l.hidden {
		blank(all[r.Filename][r.Start.Byte:r.End.Byte])
	}
	var words []string
	for src := range l.allSources() {
		if strings.HasSuffix(src.name, ".hcl") {
			words = append(words, hiddenWords(src.text, all[src.name])...)
		}
	}
	for _, d := range l.list {
		d.Detail = maskCards(d.Detail)
		for _, w := range words {
			if !ordinary(w) {
				d.Detail = strings.ReplaceAll(d.Detail, w, "****")
			}
		}
	}
	return all
}

// findCards looks for card numbers in all that was read, but for where a
// transact stands (R74).
func (l *loader) findCards(docs []document) {
	spared := map[string][]span{}
	for _, d := range docs {
		for i := range d.transactions {
			if f := d.transactions[i].fields[attrTransact]; f.kind == plainText {
				spared[f.rng.File] = append(spared[f.rng.File], span{f.rng.Start.Byte, f.rng.End.Byte})
			}
		}
	}
	for _, p := range l.ticketPlaces {
		spared[p.File] = append(spared[p.File], span{p.Start.Byte, p.End.Byte})
		slices.SortFunc(spared[p.File], func(a, b span) int { return cmp.Compare(a.start, b.start) })
	}
	for src := range l.allSources() {
		t, places := l.tables[src.name], spared[src.name]
		line, lineStart, seen := 1, 0, 0
		for _, c := range cards(src.text) {
			if within(places, c) || t != nil && l.transactCell(t, c) {
				continue
			}
			if n := strings.Count(src.text[seen:c.start], "\n"); n > 0 {
				line += n
				lineStart = strings.LastIndexByte(src.text[:c.start], '\n') + 1
			}
			seen = c.start
			summary, detail := cardNumber(src.text[c.start:c.end])
			l.add(src.at(line, lineStart, c.start, c.end), summary, "%s", detail)
		}
	}
}

// within reports whether a span lies in one of the places, which are in order.
func within(places []span, c span) bool {
	i := sort.Search(len(places), func(i int) bool { return places[i].end > c.start })
	return i < len(places) && places[i].start <= c.start
}

// transactCell reports whether a place in a table is a cell that holds a
// transact: in a column that one is taken from, or that is called so.
func (l *loader) transactCell(t *table, c span) bool {
	i := sort.Search(len(t.starts), func(i int) bool { return int(t.starts[i]) > c.start }) - 1
	if i < 0 {
		return false
	}
	column := i % len(t.columns)
	return c.end <= t.cellEnd(int(t.starts[i])) && (t.columns[column] == attrTransact.String() || l.numbered[t][column])
}

// noteTransact remembers which columns of a table a transact is made from.
func (l *loader) noteTransact(f field, in *instances) {
	if f.kind != expression || in == nil || in.table == nil {
		return
	}
	t := in.table.table
	if l.numbered[t] == nil {
		l.numbered[t] = map[int]bool{}
	}
	for _, ref := range hclsyntax.Variables(f.expr) {
		switch name := member(ref); {
		case ref.RootName() != "each":
		case name == "key":
			l.numbered[t][in.table.key] = true
		case len(ref) > 2:
			l.numbered[t][t.column(member(ref[1:]))] = true
		}
	}
}

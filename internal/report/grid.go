package report

import (
	"bufio"
	"strings"
)

// A grid aligns rows of escaped cells in columns. A cell is as wide as the
// widest of its column; empty columns vanish.
type grid struct {
	head  []string // titles; nil for none
	right []bool   // columns aligned to the right
	rows  [][]string
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

func (g *grid) widths() []int {
	var w []int
	grow := func(cells []string) {
		for len(w) < len(cells) {
			w = append(w, 0)
		}
		for i, c := range cells {
			w[i] = max(w[i], columns(c))
		}
	}
	for _, r := range g.rows {
		grow(r)
	}
	for i, t := range g.head {
		if i < len(w) && w[i] > 0 {
			w[i] = max(w[i], columns(t))
		}
	}
	return w
}

// line appends one row to b, without spaces at its end. Paint colours the
// padded cell of a column.
func (g *grid) line(b *strings.Builder, cells []string, widths []int, paint func(column int, cell string) string) {
	pending := ""
	for i, c := range cells {
		if widths[i] == 0 {
			continue
		}
		pad := strings.Repeat(" ", widths[i]-columns(c))
		if g.right != nil && i < len(g.right) && g.right[i] {
			pending += pad
			pad = ""
		}
		if c != "" {
			b.WriteString(pending)
			b.WriteString(paint(i, c))
			pending = ""
		}
		pending += pad + "  "
	}
}

// write writes the grid, each line behind indent, the titles in bold.
func (g *grid) write(b *bufio.Writer, indent string, s Style, paint func(row, column int, cell string) string) {
	widths := g.widths()
	var line strings.Builder
	put := func(cells []string, paint func(int, string) string) {
		line.Reset()
		g.line(&line, cells, widths, paint)
		b.WriteString(indent)
		b.WriteString(line.String())
		b.WriteByte('\n')
	}
	if g.head != nil && len(g.rows) > 0 {
		put(g.head, func(_ int, c string) string { return s.paint(inkBold, c) })
	}
	for i, r := range g.rows {
		put(r, func(column int, c string) string { return paint(i, column, c) })
	}
}

// plain is the paint of a grid without colours.
func plain(_, _ int, cell string) string { return cell }

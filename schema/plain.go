package schema

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// A plainReader reads a transaction block that is written as nearly all are:
// one attribute on a line, its value a text without any escape or template, a
// single word, or a merchant. HCL needs thirty times as long for it. Whatever
// is not exactly so is left to HCL, so that this says nothing of its own about
// the language: a fuzz target holds it to giving what HCL gives.
type plainReader struct {
	source
	pos, end        int
	line, lineStart int
	declared
}

// readPlain reads an item. It returns false for one that is not plain.
func readPlain(src source, it item) (declared, bool) {
	r := &plainReader{source: src, pos: it.start, end: it.end, line: it.line, lineStart: it.start}
	if !r.blanks() || !r.begin() {
		return declared{}, false
	}
	for {
		switch {
		case !r.blanks() || r.pos == r.end:
			return declared{}, false
		case r.text[r.pos] != '}':
			if !r.attribute() {
				return declared{}, false
			}
		default:
			r.pos++
			return r.declared, r.endLine() && r.blanks() && r.pos == r.end
		}
	}
}

// blanks moves over empty lines and comments to the first word of a line, or
// to the end.
func (r *plainReader) blanks() bool {
	for {
		r.spaces()
		if r.pos == r.end || !strings.ContainsRune("\r\n#/", rune(r.text[r.pos])) {
			return true
		}
		if !r.endLine() {
			return false
		}
	}
}

func (r *plainReader) spaces() {
	for r.pos < r.end && (r.text[r.pos] == ' ' || r.text[r.pos] == '\t') {
		r.pos++
	}
}

// endLine moves over the rest of a line when there is nothing in it but space
// and a comment.
func (r *plainReader) endLine() bool {
	r.spaces()
	rest := r.text[r.pos:r.end]
	n := strings.IndexByte(rest, '\n')
	if n < 0 {
		n = len(rest)
	}
	if n > 0 && rest[0] != '#' && rest[:n] != "\r" && !strings.HasPrefix(rest, "//") {
		return false
	}
	r.pos += n
	if r.pos < r.end {
		r.pos++
		r.line++
		r.lineStart = r.pos
	}
	return true
}

// begin reads `transaction "label" {`.
func (r *plainReader) begin() bool {
	start := r.pos
	if r.name() != "transaction" {
		return false
	}
	r.spaces()
	label, ok := r.quoted()
	if !ok || !identifier(label) {
		return false
	}
	r.label, r.header = label, r.rangeFrom(start)
	r.spaces()
	if r.pos == r.end || r.text[r.pos] != '{' {
		return false
	}
	r.pos++
	return r.newLine()
}

// newLine is endLine where a line end is needed: at the end of the text there
// is none.
func (r *plainReader) newLine() bool {
	line := r.line
	return r.endLine() && r.line > line
}

// attribute reads `name = value`.
func (r *plainReader) attribute() bool {
	a, known := attributeNamed(r.name())
	if !known || r.fields[a].kind != absent {
		return false
	}
	r.spaces()
	if r.pos == r.end || r.text[r.pos] != '=' {
		return false
	}
	r.pos++
	r.spaces()
	start := r.pos
	f := &r.fields[a]
	if r.pos < r.end && r.text[r.pos] == '"' {
		text, ok := r.quoted()
		if !ok {
			return false
		}
		f.kind, f.text = plainText, cty.NormalizeString(text)
	} else if !r.word(a, f) {
		return false
	}
	f.rng = r.rangeFrom(start)
	return r.newLine()
}

// word reads full, true, false, null or, for the merchant, merchant.NAME.
func (r *plainReader) word(a attribute, f *field) bool {
	switch name := r.name(); {
	case name == "full" || name == "true" || name == "false" || name == "null":
		f.kind, f.text = word, name
		return true
	case name == "merchant" && a == attrMerchant && r.pos < r.end && r.text[r.pos] == '.':
		r.pos++
		f.kind, f.text = merchantNamed, r.name()
		return f.text != ""
	}
	return false
}

// name moves over a name of ASCII letters, digits, _ and -.
func (r *plainReader) name() string {
	start := r.pos
	if r.pos == r.end || !letter(r.text[r.pos]) {
		return ""
	}
	for r.pos < r.end && (letter(r.text[r.pos]) || digit(r.text[r.pos]) || r.text[r.pos] == '-') {
		r.pos++
	}
	if r.pos < r.end && r.text[r.pos] >= 0x80 {
		return "" // the name may go on
	}
	return r.text[start:r.pos]
}

// quoted moves over a text in quotes that means just what it says.
func (r *plainReader) quoted() (string, bool) {
	if r.pos == r.end || r.text[r.pos] != '"' {
		return "", false
	}
	start := r.pos + 1
	for i := start; i < r.end; i++ {
		switch r.text[i] {
		case '"':
			r.pos = i + 1
			return r.text[start:i], true
		case '\\', '$', '%', '\n', '\r':
			return "", false
		}
	}
	return "", false
}

// rangeFrom is the place from start to the reader, all on one line.
func (r *plainReader) rangeFrom(start int) Range {
	column := 1 + start - r.lineStart // nothing but ASCII stands before a value
	columns := 0
	if text := r.text[start:r.pos]; text[0] == '"' {
		columns = 2 + width(text[1:len(text)-1]) // HCL counts each quote by itself
	} else {
		columns = width(text)
	}
	return Range{
		File:  r.source.name,
		Start: Pos{Line: r.line, Column: column, Byte: start},
		End:   Pos{Line: r.line, Column: column + columns, Byte: r.pos},
	}
}

package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// What a file may hold before the HCL parser sees a byte of it. The parser and
// the evaluator are recursive and trust their input; these limits keep the
// recursion, and the memory for tokens, small whatever the file says.
const (
	maxDepth     = 64      // brackets within brackets
	maxTemplates = 16      // ${ … } within each other, and %{ if } within each other
	maxDigits    = 20      // of one number
	maxOperators = 200     // in one expression, between two commas
	maxSymbols   = 250_000 // words, numbers and signs of one block
	maxStrange   = 100     // characters that HCL does not know
)

// A scanner walks once over the bytes of a file, without recursion, finding
// texts, comments and brackets exactly where HCL's own lexer does, and stops at
// the first thing that is out of bounds. On the way it notes where the blocks
// begin and end.
type scanner struct {
	source
	pos, line, lineStart int
	stack                []frame
	brackets, templates  int
	operators            int // of the expression outside all brackets
	symbols, strange     int
	items                []item
	next                 item // the one under way
	fault                *hcl.Diagnostic
}

// An item is one block of a file, with the space and comments before it: its
// bytes, and the number of its first line.
type item struct {
	start, end, line int
}

// A frame is something opened and not yet closed.
type frame struct {
	kind                   byte // one of ( [ { and the constants below
	start, line, lineStart int  // where it was opened
	operators              int  // of the expression under way directly inside
	fresh                  bool // no word or sign inside yet
	loop                   bool // { for … }: the end of a line does not end the expression
	marker                 string
	midline                bool // heredoc: this line cannot be the closing marker any more
	directives             int  // quoted and heredoc: %{ if } and %{ for } not yet ended
}

const (
	quoted   = '"'
	heredoc  = '<'
	template = '$' // ${ …
	control  = '%' // %{ …
)

// scan checks the form of a file. It returns its blocks, which together are the
// whole file, or the first thing that is wrong.
func scan(src source) ([]item, *hcl.Diagnostic) {
	s := &scanner{source: src, line: 1, next: item{line: 1}}
	s.characters()
	s.pos = len(src.text) - len(strings.TrimPrefix(src.text, byteOrderMark))
	for s.pos < len(s.text) && s.fault == nil {
		switch f := s.top(); {
		case f != nil && f.kind == quoted:
			s.inQuotes(f)
		case f != nil && f.kind == heredoc:
			s.inHeredoc(f)
		default:
			s.inCode()
		}
	}
	if f := s.top(); f != nil && s.fault == nil {
		s.unclosed(f)
	}
	s.next.end = len(s.text)
	return append(s.items, s.next), s.fault
}

const byteOrderMark = "\ufeff"

// characters refuses what has no business in a configuration, wherever it
// stands: broken UTF-8, control characters, and the invisible marks that make
// a line read differently from what it says.
func (s *scanner) characters() {
	if i := invalidUTF8(s.text); i >= 0 {
		s.refuse(s.lookup(i, i+1), "Not UTF-8 text", notUTF8)
		return
	}
	for i := range len(s.text) {
		switch c := s.text[i]; {
		case c == '\n', c == '\t', c == '\r' && strings.HasPrefix(s.text[i+1:], "\n"):
		case c < ' ', c == 0x7f:
			s.refuse(s.lookup(i, i+1), "Control character",
				"There is an invisible control character (%U) here, which means nothing in a configuration. Delete it.", c)
			return
		case c >= 0xe2 && hiddenMark(s.text[i:]) && i > 0:
			r, size := utf8.DecodeRuneInString(s.text[i:])
			s.refuse(s.lookup(i, i+size), "Invisible character",
				"There is an invisible character (%U) here, which can make a reader see something else than what the line says. Delete it.", r)
			return
		}
	}
}

const notUTF8 = "This byte is not part of any character in the encoding UTF-8. Open the file in an editor or spreadsheet and save it again with the encoding UTF-8."

// invalidUTF8 returns where s stops being UTF-8, or -1.
func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i := 0; ; {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
}

// hiddenMark reports whether s begins with one of Unicode's bidirectional
// controls (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069) or a byte order
// mark.
func hiddenMark(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff
}

func (s *scanner) top() *frame {
	if len(s.stack) == 0 {
		return nil
	}
	return &s.stack[len(s.stack)-1]
}

// here is the place of the n bytes at the scanner.
func (s *scanner) here(n int) hcl.Range { return s.at(s.line, s.lineStart, s.pos, s.pos+n) }

// opening is where f was opened.
func (s *scanner) opening(f *frame) hcl.Range {
	return s.at(f.line, f.lineStart, f.start, f.start+1)
}

func (s *scanner) refuse(place hcl.Range, summary, detail string, args ...any) {
	if s.fault == nil {
		s.fault = &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(detail, args...), Subject: &place}
	}
}

func (s *scanner) unclosed(f *frame) {
	switch f.kind {
	case quoted:
		s.refuse(s.opening(f), "Text not closed", "This quotation mark opens a text that is never closed. Put another \" at its end.")
	case heredoc:
		s.refuse(s.opening(f), "Text not closed", "The text that begins here with <<%s is never closed. Put %s alone on the line after its end.", f.marker, f.marker)
	case template, control:
		s.refuse(s.opening(f), "Bracket not closed", "Here %c{ begins a value inside a text, and nothing ends it. Put } behind the value.", f.kind)
	default:
		s.refuse(s.opening(f), "Bracket not closed", "This bracket is opened and never closed. Put %q where it should end.", closing(f.kind))
	}
}

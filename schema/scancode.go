package schema

import "strings"

// inCode moves over one token outside texts.
func (s *scanner) inCode() {
	switch c := s.text[s.pos]; c {
	case ' ', '\t', '\r':
		s.pos++
	case '\n':
		s.endLine()
	case '#':
		s.lineComment()
	case '/':
		s.slash()
	case '"':
		s.open(quoted, 1)
	case '<':
		s.less()
	case '(', '[', '{':
		if c == '[' {
			s.operator() // an index nests like an operator does
		}
		s.open(c, 1)
	case ')', ']', '}':
		s.close(c)
	case ',':
		s.token(1)
		*s.count() = 0
	case '.':
		s.token(1)
	case '~':
		s.tilde()
	case ':', '=':
		if strings.HasPrefix(s.text[s.pos+1:], string(c)) {
			s.operator()
		}
		s.token(1)
	case '+', '-', '*', '%', '!', '?', '>', '&', '|':
		s.operator()
		s.token(1)
	default:
		s.word(c)
	}
}

// tilde moves over the sign that trims space around a template. Anywhere else
// HCL does not know it, and ~} there closes nothing.
func (s *scanner) tilde() {
	if f := s.top(); strings.HasPrefix(s.text[s.pos+1:], "}") && (f == nil || f.kind != template && f.kind != control) {
		s.refuse(s.here(2), "Bracket without a partner", "~} ends a ${ … } inside a text, and none is open here. Write }, or delete it.")
		return
	}
	s.token(1)
}

// word moves over a name, a number, or a character that HCL may not know.
func (s *scanner) word(c byte) {
	rest := s.text[s.pos:]
	switch {
	case c >= '0' && c <= '9':
		s.number(rest)
	case letter(c):
		n := 1
		for n < len(rest) && (letter(rest[n]) || rest[n] == '-' || rest[n] >= '0' && rest[n] <= '9') {
			n++
		}
		s.keyword(rest[:n])
		s.token(n)
	case c >= 0x80:
		s.token(1) // digits after it count as a number: stricter than HCL, where they may belong to a name
	default:
		if s.strange++; s.strange > maxStrange {
			s.refuse(s.here(1), "Not a configuration", "The file holds many characters that mean nothing in a configuration, this one among them. Is it really an HCL file?")
		}
		s.token(1)
	}
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

// keyword notes the first word inside a bracket, which may change its meaning.
func (s *scanner) keyword(word string) {
	f := s.top()
	if f == nil || !f.fresh {
		return
	}
	switch {
	case f.kind == '{' && word == "for":
		f.loop = true
	case f.kind == control && (word == "if" || word == "for"):
		text := &s.stack[len(s.stack)-2]
		if text.directives++; text.directives > maxTemplates {
			s.refuse(s.here(len(word)), "Nesting too deep", "More than %d directives such as %%{ if … } stand inside one another here. Move a part into a local value of its own.", maxTemplates)
		}
	case f.kind == control && (word == "endif" || word == "endfor"):
		text := &s.stack[len(s.stack)-2]
		text.directives = max(0, text.directives-1)
	}
}

// number moves over a number as HCL's lexer would take it.
func (s *scanner) number(rest string) {
	n := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
	dots := strings.Count(rest[:n], ".")
	if digits := n - dots; digits > maxDigits {
		s.refuse(s.here(n), "Number too long", "A number may have %d digits, and this one has %d. If it is not a quantity but an identifier, write it as text, in quotes.", maxDigits, digits)
	}
	if exponent(rest[n:]) {
		s.refuse(s.here(n+2), "Number with an exponent", "Numbers are written out in digits here, without an exponent: 1000, not 1e3.")
	}
	s.symbols += dots
	s.token(n)
}

// exponent reports whether s begins as in e3, E+3 or e-3.
func exponent(s string) bool {
	if s == "" || s[0]|0x20 != 'e' {
		return false
	}
	s = strings.TrimLeft(s[1:min(len(s), 3)], "+-")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

// token moves over n bytes that are one symbol of HCL.
func (s *scanner) token(n int) {
	if f := s.top(); f != nil {
		f.fresh = false
	}
	if s.symbols++; s.symbols > maxSymbols {
		s.refuse(s.here(n), "Block too large", "The block that ends after this point has more than %d words and signs. Put long tables into a CSV file and read them with csv(\"FILE.csv\", \"COLUMN\").", maxSymbols)
	}
	s.pos += n
}

// count is the number of operators in the expression under way. Each may nest
// the ones before it, so their number bounds the parser's recursion.
func (s *scanner) count() *int {
	if f := s.top(); f != nil {
		return &f.operators
	}
	return &s.operators
}

func (s *scanner) operator() {
	n := s.count()
	if *n++; *n > maxOperators {
		s.refuse(s.here(1), "Expression too long", "This expression has more than %d operators. Split it: give parts of it names in a locals block.", maxOperators)
	}
}

// endLine moves over the end of a line, which ends an expression too unless a
// bracket other than { holds it together, and ends a block when nothing is open.
func (s *scanner) endLine() {
	s.pos++
	s.line++
	s.lineStart = s.pos
	f := s.top()
	if f == nil || f.kind == '{' && !f.loop {
		*s.count() = 0
	}
	if f == nil && s.symbols > 0 {
		s.symbols = 0
		s.next.end = s.pos
		s.items = append(s.items, s.next)
		s.next = item{start: s.pos, line: s.line}
	}
}

// open pushes a frame for the n bytes that open it.
func (s *scanner) open(kind byte, n int) {
	f := frame{kind: kind, start: s.pos, line: s.line, lineStart: s.lineStart, fresh: true}
	switch kind {
	case quoted, heredoc:
	case template, control:
		s.templates++
		s.brackets++
	default:
		s.brackets++
	}
	if s.brackets > maxDepth || s.templates > maxTemplates {
		s.refuse(s.here(n), "Nesting too deep", "There may be %d brackets inside one another, and %d of them inside texts as ${ … }. Give a part of this a name in a locals block.", maxDepth, maxTemplates)
	}
	s.token(n)
	s.stack = append(s.stack, f)
}

// close pops the frame that c closes.
func (s *scanner) close(c byte) {
	f := s.top()
	switch {
	case f == nil:
		s.refuse(s.here(1), "Bracket without a partner", "This bracket closes something that was never opened. Delete it, or put the opening bracket where it is missing.")
		return
	case closing(f.kind) != c:
		s.refuse(s.here(1), "Bracket without a partner", "This bracket does not fit the one that was opened last, on line %d, and that one needs a %q first.", f.line, closing(f.kind))
		return
	}
	s.brackets--
	if f.kind == template || f.kind == control {
		s.templates--
	}
	s.stack = s.stack[:len(s.stack)-1]
	s.token(1)
}

// closing is the bracket that closes a frame of that kind.
func closing(kind byte) byte {
	switch kind {
	case '(':
		return ')'
	case '[':
		return ']'
	}
	return '}'
}

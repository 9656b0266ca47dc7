package schema

import "strings"

func (s *scanner) lineComment() {
	n := strings.IndexByte(s.text[s.pos:], '\n')
	if n < 0 {
		s.pos = len(s.text)
		return
	}
	s.pos += n
	s.endLine()
}

func (s *scanner) slash() {
	switch {
	case strings.HasPrefix(s.text[s.pos+1:], "/"):
		s.lineComment()
	case strings.HasPrefix(s.text[s.pos+1:], "*"):
		n := strings.Index(s.text[s.pos+2:], "*/")
		if n < 0 {
			s.refuse(s.here(2), "Comment not closed", "This comment is opened with /* and never closed. Put */ where it should end.")
			return
		}
		s.skip(n + 4)
	default:
		s.operator()
		s.token(1)
	}
}

// skip moves over n bytes that may hold ends of lines.
func (s *scanner) skip(n int) {
	part := s.text[s.pos : s.pos+n]
	if lines := strings.Count(part, "\n"); lines > 0 {
		s.line += lines
		s.lineStart = s.pos + strings.LastIndexByte(part, '\n') + 1
	}
	s.pos += n
}

// less moves over < and opens a heredoc at <<MARKER.
func (s *scanner) less() {
	if !strings.HasPrefix(s.text[s.pos+1:], "<") {
		s.operator()
		s.token(1)
		return
	}
	rest := strings.TrimPrefix(s.text[s.pos+2:], "-")
	n := 0
	for n < len(rest) && (letter(rest[n]) || n > 0 && (rest[n] == '-' || rest[n] >= '0' && rest[n] <= '9')) {
		n++
	}
	marker, rest := rest[:n], strings.TrimPrefix(rest[n:], "\r")
	if n == 0 || !strings.HasPrefix(rest, "\n") {
		s.refuse(s.here(2), "Invalid multi-line text", "<< opens a text over several lines. It must be followed by a marker of plain letters, such as <<END, and the end of the line.")
		return
	}
	length := len(s.text) - s.pos - len(rest)
	s.open(heredoc, length)
	s.top().marker = marker
	s.skip(1)
}

// inQuotes moves to the next thing that matters inside a quoted text.
func (s *scanner) inQuotes(f *frame) {
	n := strings.IndexAny(s.text[s.pos:], "\"\\\n$%")
	if n < 0 {
		s.pos = len(s.text)
		return
	}
	s.pos += n
	switch s.text[s.pos] {
	case '"':
		s.stack = s.stack[:len(s.stack)-1]
		s.token(1)
	case '\\':
		s.pos++
		if s.pos < len(s.text) && s.text[s.pos] != '\n' && s.text[s.pos] != '\r' {
			s.pos++
		}
	case '\n':
		if len(s.stack) > 1 && s.stack[len(s.stack)-2].kind == template {
			// The mark was meant to close the text around the template.
			s.unclosed(&s.stack[len(s.stack)-2])
			return
		}
		s.refuse(s.opening(f), "Text not closed", "This quotation mark opens a text that is not closed on the same line. Put another \" at its end; a line break inside a text is written \\n.")
	default:
		s.sequence()
	}
}

// inHeredoc moves to the next thing that matters inside a heredoc.
func (s *scanner) inHeredoc(f *frame) {
	n := strings.IndexAny(s.text[s.pos:], "\n$%")
	if n < 0 {
		s.pos = len(s.text)
		return
	}
	line := s.text[s.pos : s.pos+n]
	s.pos += n
	if s.text[s.pos] != '\n' {
		f.midline = true
		s.sequence()
		return
	}
	s.symbols++
	if !f.midline && strings.TrimSpace(line) == f.marker {
		s.stack = s.stack[:len(s.stack)-1]
		s.token(0)
		s.endLine()
		return
	}
	f.midline = false
	s.skip(1)
}

// sequence moves over a $ or % inside a text: ${ and %{ open a template, $${
// and %%{ are the way to write those two as text, anything else is text.
func (s *scanner) sequence() {
	c, rest := s.text[s.pos], s.text[s.pos+1:]
	switch {
	case strings.HasPrefix(rest, "{"):
		s.open(c, 2)
	case strings.HasPrefix(rest, string(c)+"{"):
		s.token(3)
	default:
		s.token(1)
	}
}

package dibs

import (
	"errors"
	"iter"
	"net/url"
	"strings"
	"unicode/utf8"
)

// A reply is the body of an answer with HTTP status 200, as one line of text.
type reply struct {
	line string
	// whole says that the reply's own framing proves that nothing is missing
	// at its end. Without it the last value may be a part: 10 of 1000.
	whole bool
}

var (
	errEmpty   = errors.New("the reply is empty")
	errHTML    = errors.New("the reply is HTML, not text")
	errControl = errors.New("the reply is not one line of text")
	errPairs   = errors.New("the reply is not name=value pairs joined by &")
)

// readReply takes a body as the one line of text that the gateway documents
// (flexwin.md 2). It drops what real servers put around it: a UTF-8 byte order
// mark, blanks and line ends.
func readReply(body string, whole bool) (reply, error) {
	body = strings.Trim(strings.TrimPrefix(body, "\ufeff"), " \t\r\n")
	switch {
	case body == "":
		return reply{}, errEmpty
	case strings.ContainsAny(body, "<>"):
		return reply{}, errHTML
	case strings.ContainsFunc(body, isControl):
		return reply{}, errControl
	}
	return reply{body, whole}, nil
}

// check reports whether the line is pairs and nothing else. Names are letters,
// digits and a few marks: a sentence that happens to hold & and = is no reply.
func (r reply) check() error {
	for pair := range strings.SplitSeq(r.line, "&") {
		name, _, ok := strings.Cut(pair, "=")
		if pair != "" && !ok {
			return errPairs
		}
		for i := range len(name) {
			if c := name[i]; !unreserved(c) && c != '%' {
				return errPairs
			}
		}
	}
	return nil
}

// pairs yields the reply's pairs in their order, names in lower case, both
// sides decoded. It skips empty names: a real reply held an empty pair
// (flexwin.md 2). Neither the order nor the set of names is promised there.
func (r reply) pairs() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for pair := range strings.SplitSeq(r.line, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if name == "" {
				continue
			}
			if !yield(strings.ToLower(decode(name)), decode(value)) {
				return
			}
		}
	}
}

// mayBeCut reports whether the value of the reply's last pair is called name
// and may go on where the reply broke off.
func (r reply) mayBeCut(name string) bool {
	if r.whole {
		return false
	}
	last, _, _ := strings.Cut(r.line[strings.LastIndexByte(r.line, '&')+1:], "=")
	return strings.EqualFold(decode(last), name)
}

// decode undoes percent-encoding, and reads as Latin-1 what is not UTF-8.
func decode(s string) string {
	if printable(s) && !strings.ContainsAny(s, "%+") {
		return s
	}
	s = percentDecode(s)
	if utf8.ValidString(s) {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// percentDecode is lenient: what is no escape stays as it is, as texts may
// come unencoded.
func percentDecode(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

func isHex(c byte) bool {
	return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if digit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// code reads a small number in its one usual spelling.
func code(s string) (int, bool) {
	if s == "0" {
		return 0, true
	}
	if !number(s) || len(s) > 6 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

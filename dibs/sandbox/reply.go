package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// An answer is what a service has to say.
type answer struct {
	reply    pairs  // nil: body as it stands
	body     string // when there are no pairs
	result   string // for the log: result or status code
	message  string // for the log
	kind     string // content type; empty: text/html in the charset of replies
	code     int    // HTTP status; zero: 200
	location string // where to send the browser; empty: nowhere
	transact string // for the log, when the call made it
	accepted bool   // an authorisation was approved
	moved    bool   // for the log
	login    bool   // refused for want of a valid login
}

// pairs are a reply in simple text: name, value, name, value ...
type pairs []string

// encoded returns one line in the form of a query string, without a line end.
// Names are plain; one that could not be is encoded, too.
func (p pairs) encoded(c Charset) string { return p.line(c.escape, c.escape) }

// encodedFully returns one line in the form of callbacks.
func (p pairs) encodedFully() string { return p.line(Latin1.escape, escapeFully) }

func (p pairs) line(name, value func(string) string) string {
	var b strings.Builder
	for i := 0; i < len(p); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name(p[i]))
		b.WriteByte('=')
		b.WriteString(value(p[i+1]))
	}
	return b.String()
}

// with returns p and, when the query asks for a full reply, every field sent
// that p does not have, by name, but for those of the card and the skipped.
// Names are repeated as they were sent.
func (p pairs) with(q query, skipped ...string) pairs {
	if !q.on("textreply") || !q.on("fullreply") {
		return p
	}
	for _, name := range q.echoed() {
		if !p.has(name) && !isCardField(name) && !slices.Contains(skipped, name) {
			p = append(p, q.sent(name), q.repeated(name))
		}
	}
	return p
}

// withoutEmpty returns p without the pairs that lack a name or a value.
func (p pairs) withoutEmpty() pairs {
	var rest pairs
	for i := 0; i < len(p); i += 2 {
		if p[i] != "" && p[i+1] != "" {
			rest = append(rest, p[i], p[i+1])
		}
	}
	return rest
}

func (p pairs) has(name string) bool {
	for i := 0; i < len(p); i += 2 {
		if p[i] == name {
			return true
		}
	}
	return false
}

// A Reply is what goes back to the client.
type Reply struct {
	Code   int // HTTP status
	Header http.Header
	Body   string
	Drop   bool // close the connection instead of answering
}

// loginPage answers a call without a valid API user; it lacks what to do. One
// client tells the case by a body of more than 100 characters with two words of
// it.
const loginPage = `<html><head><title>401 Authorization Required</title></head><body>
<h1>Authorization Required</h1>
<p>This function needs an API user of the DIBS administration.</p>
<p>Login problems? Correct the user name and the password%s.</p>
</body></html>`

func (g *Gateway) reply(code int, body string) Reply {
	return Reply{Code: code, Body: body, Header: http.Header{
		"Content-Type":  {"text/html; charset=" + g.charset.String()}, // for text, too
		"Cache-Control": {"Private, no-cache"},
		"Pragma":        {"no-cache"},
		"Expires":       {"-1"},
		"Mime-Version":  {"1.0"},
		"Date":          {g.now().Format(http.TimeFormat)},
	}}
}

func (g *Gateway) replyTo(a answer) Reply {
	if !a.login {
		if a.reply != nil && g.noEmpty {
			a.reply = a.reply.withoutEmpty()
		}
		if a.reply != nil {
			a.body = a.reply.encoded(g.charset)
		}
		reply := g.reply(cmp.Or(a.code, http.StatusOK), a.body)
		if a.location != "" {
			reply.Header.Set("Location", a.location)
		}
		if a.kind != "" {
			reply.Header.Set("Content-Type", a.kind)
		}
		return reply
	}
	reply := g.reply(http.StatusUnauthorized, fmt.Sprintf(loginPage, g.door.advice()))
	reply.Header.Set("WWW-Authenticate", `Basic realm="DIBS"`)
	return reply
}

// send writes r, or ends the connection without an answer.
func (r Reply) send(w http.ResponseWriter) {
	if r.Drop {
		panic(http.ErrAbortHandler) // net/http's way to close a connection
	}
	header := w.Header()
	maps.Copy(header, r.Header)
	header["Content-Length"] = []string{strconv.Itoa(len(r.Body))}
	w.WriteHeader(r.Code)
	// A client that has gone does not hear us; what was done stays done.
	_, _ = w.Write([]byte(r.Body))
}

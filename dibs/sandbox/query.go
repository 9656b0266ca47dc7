package sandbox

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
)

// maxBody caps a request's body, maxLogged the parameters of it that are
// logged.
const (
	maxBody   = 1 << 20
	maxLogged = 32
)

// A query is one request for a service, read whole.
type query struct {
	params   map[string]string // by lower-case name; values are the bytes sent
	names    map[string]string // as they were sent, by lower-case name
	user     string
	password string
	hasLogin bool
	call     Call   // what the log will say of it
	by       Origin // of its moves; empty: it is a call
}

// A badRequest is a request that no service gets to see.
type badRequest struct {
	code int // HTTP status
	text string
}

func (e *badRequest) Error() string { return e.text }

// readQuery reads the parameters of r, from its body and its URL together; the
// first appearance of a name counts, the body before the URL.
func readQuery(w http.ResponseWriter, r *http.Request) (query, error) {
	q := query{params: map[string]string{}, names: map[string]string{}}
	q.user, q.password, q.hasLogin = r.BasicAuth()
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		return q, &badRequest{http.StatusMethodNotAllowed, "Method not allowed"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return q, &badRequest{http.StatusRequestEntityTooLarge, "Request too large"}
	case err != nil:
		return q, &badRequest{http.StatusBadRequest, "Request cut short"}
	}
	kind, options, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		if err := q.addMultipart(body, options["boundary"]); err != nil {
			return q, &badRequest{http.StatusBadRequest, "Malformed multipart body"}
		}
	} else { // whatever it is labelled: text/plain occurs, and no label at all
		q.addForm(string(body))
	}
	q.addForm(r.URL.RawQuery)
	return q, nil
}

// addForm reads name=value pairs joined by &. Empty pairs are skipped, and
// line ends around a pair do not belong to it.
func (q *query) addForm(s string) {
	for pair := range strings.SplitSeq(s, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(strings.Trim(pair, "\r\n"), "=")
		q.add(unescape(name), unescape(value))
	}
}

// addMultipart reads the parts of a body up to its last boundary. One that
// ends before it may have lost parameters.
func (q *query) addMultipart(body []byte, boundary string) error {
	last := "--" + boundary + "--"
	switch {
	case len(body) == 0: // all of it is in the URL
		return nil
	case !strings.HasPrefix(string(body), last) && !strings.Contains(string(body), "\n"+last):
		return io.ErrUnexpectedEOF // the library says so only within a value
	}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		q.add(part.FormName(), string(value))
	}
}

func (q *query) add(sent, value string) {
	sent = decodeText(sent) // labels of order information are not ASCII
	name := strings.ToLower(sent)
	if _, found := q.params[name]; !found {
		q.params[name], q.names[name] = value, sent
	}
}

// echoed returns the names of all parameters in the order in which replies
// repeat them, which goes by the names as they were sent.
func (q *query) echoed() []string {
	return slices.SortedFunc(maps.Keys(q.params), func(a, b string) int { return strings.Compare(q.sent(a), q.sent(b)) })
}

// sent returns the name of a parameter as the client wrote it. A label of order
// information is a part of it (flexwin.md 9.4).
func (q *query) sent(name string) string { return cmp.Or(q.names[name], name) }

// origin says who causes what the query asks for.
func (q *query) origin() Origin { return cmp.Or(q.by, ByCall) }

// text returns a parameter as text, or "".
func (q *query) text(name string) string { return decodeText(q.params[name]) }

// on reports whether a flag is set. Any value sets it but these: one client
// sends "no" and must mean it.
func (q *query) on(name string) bool {
	switch strings.ToLower(q.params[name]) {
	case "", "no", "false", "0":
		return false
	}
	return true
}

// logged returns the parameters for the log: those known to be harmless with
// their values, all others as names.
func (q *query) logged() Params {
	names := slices.Sorted(maps.Keys(q.params))
	logged := make(Params, 0, min(len(names), maxLogged))
	for _, name := range names[:min(len(names), maxLogged)] {
		value := "redacted"
		switch strings.TrimRight(name, "0123456789") { // amount1, amount2 ... of a split
		case "merchant", "account", "transact", "orderid", "amount", "currency", "textreply", "fullreply", "test", "force", "splitpay", "close",
			"action", "ticket", "preauth", "maketicket", "capturenow", "uniqueoid", "calcfee", "split", "acquirer", "replytype":
			value = q.withoutCard(q.text(name))
		}
		logged = append(logged, Param{cut(name), cut(value)})
	}
	return logged
}

func cut(s string) string {
	if len(s) <= maxParam {
		return s
	}
	return strings.ToValidUTF8(s[:maxParam], "")
}

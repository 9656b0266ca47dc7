package dibs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxIdlePerHost = 64
	// Servers close idle connections by themselves, and a status call that
	// meets such a close fails. So ours close first.
	idleTimeout = 3 * time.Second
)

// newPool returns the connections that status calls share. It uses no proxy,
// whatever the environment says, and HTTP/1.1 without compression. It is used
// as a bare transport, which follows no redirect; and as status calls are POSTs
// it sends none of them again once a byte was written (hazards R42, R45, R46).
func newPool(c *Client) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            c.dial,
		TLSClientConfig:        c.endpoint.tls,
		TLSHandshakeTimeout:    c.limits.TLS,
		ResponseHeaderTimeout:  c.limits.Headers,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaders,
		Protocols:              protocols,
	}
}

// A template is what all requests to one status service have in common. It
// is shared by them all and never written to.
type template struct {
	url    *url.URL
	header http.Header
}

func newTemplate(base *url.URL, s service, agent, authorization string) template {
	u := *base
	u.Path += s.path()
	header := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
		"User-Agent":   {agent},
	}
	if authorization != "" {
		header.Set("Authorization", authorization)
	}
	return template{&u, header}
}

// ask makes one status call and returns its body, which may be empty. A status
// call moves no money, so its errors need no classes but *LoginError.
func (c *Client) ask(ctx context.Context, s service, f form) (body string, whole bool, err error) {
	leave, err := c.admit(ctx, s)
	if err != nil {
		return "", false, err
	}
	defer leave()
	ctx, cancel := context.WithTimeoutCause(ctx, c.limits.Total, c.limits.errTotal)
	defer cancel()

	response, err := c.pool.RoundTrip(c.newRequest(ctx, s, string(f)))
	if err != nil {
		return "", false, c.cleaner.cleanError(because(ctx, err))
	}
	defer response.Body.Close()
	c.clock.note(response.Header)
	if response.StatusCode == http.StatusUnauthorized && s.login() {
		return "", false, c.refused(s)
	}
	if encoded(response) {
		return "", false, errEncoded
	}
	body, err = readBody(response)
	switch {
	case s.login() && loginPage(body):
		return "", false, c.refused(s)
	case err != nil:
		return "", false, c.cleaner.cleanError(fmt.Errorf("read the reply: %w", because(ctx, err)))
	case response.StatusCode != http.StatusOK:
		return "", false, statusError(response.StatusCode)
	}
	return body, framed(response), nil
}

func (c *Client) newRequest(ctx context.Context, s service, body string) *http.Request {
	// GetBody lets the transport take another connection when the one it took
	// turns out to be closed before a byte was written, and then only.
	getBody := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	r := &http.Request{
		Method: http.MethodPost, URL: c.templates[s].url, Host: c.endpoint.url.Host, Header: c.templates[s].header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: int64(len(body)), GetBody: getBody,
	}
	r.Body, _ = getBody()
	return r.WithContext(ctx)
}

// loginPage reports whether a body is the page that tells of a refused login,
// which not every server sends with status 401 (flexwin.md 1.1).
func loginPage(body string) bool { return strings.Contains(body, "Login problems?") }

// unknownTransaction reports whether a plain-text reply says that there is no
// such transaction. Its exact text is not documented (flexwin.md 6.1).
func unknownTransaction(line string) bool {
	return !strings.Contains(line, "=") && strings.Contains(strings.ToLower(line), "unknown transaction")
}

// unreadable is the error of a status reply that says nothing, or not found.
func (c *Client) unreadable(body string, err error) error {
	if errors.Is(err, errNotFound) {
		return err
	}
	return fmt.Errorf("%w: \"%s\"", err, c.cleaner.clean(body, 200))
}

package dibs

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"golang.org/x/time/rate"
)

// ErrNoLogin is wrapped by the errors of services that need an API user where
// the [Config] has none.
var ErrNoLogin = errors.New("no API user is configured")

// A Client calls the gateway for one merchant. It is safe for concurrent use.
// Make one with [New] and keep it: the pace, the guard of the login and the
// connections of the status services belong to it.
type Client struct {
	merchant, account, user string
	endpoint                endpoint
	limits                  limits
	pace                    *rate.Limiter // nil for none
	gate                    *gate
	dial                    func(ctx context.Context, network, address string) (net.Conn, error)
	pool                    *http.Transport // for status requests only
	clock                   clock
	*confidential
}

// confidential is what holds secrets as plain text. It is behind a pointer for
// the reason given at [Secret].
type confidential struct {
	key1, key2 Secret
	cleaner    cleaner
	heads      [serviceCount][]byte   // of money requests, up to the body's length
	templates  [serviceCount]template // of status requests
}

// New returns a client, or every mistake in cfg. It connects to nothing.
func New(cfg Config) (*Client, error) {
	endpoint, err := parseGateway(cfg.Gateway, cfg.RootCAs)
	if err := errors.Join(cfg.check(), err); err != nil {
		return nil, fmt.Errorf("dibs client: %w", err)
	}
	c := &Client{
		merchant: cfg.Merchant, account: cfg.Account, user: cfg.User,
		endpoint: endpoint, limits: newLimits(cfg.Timeouts.orDefault()), gate: newGate(),
		confidential: newConfidential(cfg, endpoint.url),
	}
	c.dial = endpoint.dialer(c.limits.Dial).DialContext
	c.pool = newPool(c)
	if cfg.Interval > 0 {
		c.pace = rate.NewLimiter(rate.Every(cfg.Interval), 1)
	}
	return c, nil
}

func newConfidential(cfg Config, base *url.URL) *confidential {
	c := &confidential{key1: cfg.Key1, key2: cfg.Key2}
	authorization := ""
	if cfg.User != "" {
		token := base64.StdEncoding.EncodeToString([]byte(cfg.User + ":" + cfg.Password.reveal()))
		authorization = "Basic " + token
		c.cleaner = c.cleaner.knowing(token)
	}
	for _, s := range []Secret{cfg.Password, cfg.Key1, cfg.Key2} {
		c.cleaner = c.cleaner.knowing(s.reveal())
	}
	agent := cfg.UserAgent
	if agent == "" {
		agent = "flexform"
	}
	for s := service(1); s < serviceCount; s++ {
		login := ""
		if s.login() {
			login = authorization
		}
		c.heads[s] = requestHead(base, s, agent, login)
		c.templates[s] = newTemplate(base, s, agent, login)
	}
	return c
}

// HasLogin reports whether c has an API user, and so can call [Client.PayInfo],
// [Client.Refund] and [Client.Cancel].
func (c *Client) HasLogin() bool { return c.user != "" }

// CloseIdleConnections closes the connections that status calls left open for
// the next one. It is never needed: they close by themselves within seconds.
func (c *Client) CloseIdleConnections() { c.pool.CloseIdleConnections() }

// String names the merchant and the gateway, and nothing else of c.
func (c *Client) String() string {
	return fmt.Sprintf("merchant %s at %s", c.merchant, c.endpoint.url)
}

// Format implements [fmt.Formatter], so that no verb prints what c holds.
func (c *Client) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// signs reports whether money calls carry an md5key.
func (c *confidential) signs() bool { return !c.key1.Empty() }

// admit lets a call begin: it waits for the login's gate where the service
// needs one, and then for the pace. Nothing has been sent when it fails. The
// caller calls leave when the call is over.
func (c *Client) admit(ctx context.Context, s service) (leave func(), err error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	leave = func() {}
	if s.login() {
		if !c.HasLogin() {
			return nil, ErrNoLogin
		}
		if leave, err = c.gate.enter(ctx); err != nil {
			return nil, err
		}
	}
	if c.pace != nil {
		if err := c.pace.Wait(ctx); err != nil {
			leave()
			return nil, fmt.Errorf("wait for the pace: %w", paceError(ctx, err))
		}
	}
	return leave, nil
}

// paceError makes the limiter's error one that [errors.Is] understands: the
// limiter gives up at once when the context would end before its turn.
func paceError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
}

// refused records a refused login.
func (c *Client) refused(s service) *LoginError {
	return c.gate.refuse(&LoginError{Service: s.String(), User: c.user})
}

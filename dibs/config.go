package dibs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// DefaultGateway is the base URL of the real gateway.
const DefaultGateway = "https://payment.architrade.com"

// A Config says which gateway a [Client] talks to, for whom, and how.
type Config struct {
	// Gateway is the gateway's base URL, [DefaultGateway] when empty. Plain
	// http is refused except to loopback. It carries no user, password, query
	// or fragment.
	Gateway string

	Merchant string // digits
	Account  string // sub-account, repeated on every call that takes one; may be empty

	// User and Password are the API user of the /cgi-adm services, both or
	// none. Without them those services fail before anything is sent.
	User     string
	Password Secret

	// Key1 and Key2 are the merchant's MD5 keys, both or none. With them money
	// calls are signed.
	Key1, Key2 Secret

	Interval  time.Duration  // least time from one request's start to the next; 0 for none
	UserAgent string         // "flexform" when empty
	Timeouts  Timeouts       // zero fields mean [DefaultTimeouts]
	RootCAs   *x509.CertPool // nil for the system's
}

// Timeouts bound one call, not counting its wait for the pace or for its turn
// to try the login: those end with the caller's context.
type Timeouts struct {
	Dial    time.Duration // name lookup and TCP connection
	TLS     time.Duration // TLS handshake
	Headers time.Duration // from the connection being up to the end of the reply's headers
	Total   time.Duration // everything, from dialling to the last byte of the reply
}

// DefaultTimeouts returns what zero fields of [Config.Timeouts] mean: dial 5 s,
// TLS 5 s, headers 30 s, total 60 s.
func DefaultTimeouts() Timeouts {
	return Timeouts{Dial: 5 * time.Second, TLS: 5 * time.Second, Headers: 30 * time.Second, Total: time.Minute}
}

const (
	maxTimeout  = 10 * time.Minute
	maxInterval = time.Hour
	maxAccount  = 50 // the gateway documents no limit; this is the order id's
)

// check returns every mistake in cfg at once. No message repeats a secret.
func (cfg Config) check() error {
	var mistakes []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			mistakes = append(mistakes, fmt.Errorf(format, args...))
		}
	}
	refuse(!number(cfg.Merchant) || len(cfg.Merchant) > 16, "merchant %q is not a number of at most 16 digits without leading zeros", cfg.Merchant)
	refuse(!printable(cfg.Account) || len(cfg.Account) > maxAccount, "account %q is not at most %d printable ASCII characters", cfg.Account, maxAccount)
	refuse(!printable(cfg.UserAgent), "user agent %q holds characters that are not printable ASCII", cfg.UserAgent)
	refuse(cfg.User == "" && !cfg.Password.Empty(), "a password without an API user")
	refuse(cfg.User != "" && cfg.Password.Empty(), "API user %q without a password", cfg.User)
	refuse(strings.ContainsFunc(cfg.User, isControl) || strings.Contains(cfg.User, ":"), "API user %q holds a colon or a control character", cfg.User)
	refuse(strings.ContainsFunc(cfg.Password.reveal(), isControl), "the password holds a control character, such as a line end")
	refuse(cfg.Key1.Empty() != cfg.Key2.Empty(), "one MD5 key without the other")
	refuse(!printable(cfg.Key1.reveal()) || !printable(cfg.Key2.reveal()), "an MD5 key holds characters that are not printable ASCII")
	refuse(cfg.Interval < 0 || cfg.Interval > maxInterval, "interval %v is not between 0 and %v", cfg.Interval, maxInterval)
	for _, t := range []time.Duration{cfg.Timeouts.Dial, cfg.Timeouts.TLS, cfg.Timeouts.Headers, cfg.Timeouts.Total} {
		refuse(t < 0 || t > maxTimeout, "timeout %v is not between 0 and %v", t, maxTimeout)
	}
	return errors.Join(mistakes...)
}

// orDefault fills zero fields.
func (t Timeouts) orDefault() Timeouts {
	d := DefaultTimeouts()
	if t.Dial != 0 {
		d.Dial = t.Dial
	}
	if t.TLS != 0 {
		d.TLS = t.TLS
	}
	if t.Headers != 0 {
		d.Headers = t.Headers
	}
	if t.Total != 0 {
		d.Total = t.Total
	}
	return d
}

// number reports whether s is a whole number above zero in its one usual
// spelling. A leading zero would let one transaction go by two names.
func number(s string) bool {
	if s == "" || s[0] == '0' {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// printable reports whether s is all printable ASCII; an empty s is.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

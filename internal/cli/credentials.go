package cli

import (
	"bufio"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"flexform/dibs"
	"flexform/schema"
)

// documentedHost is the only gateway host in DIBS' documents (flexwin.md 1).
const documentedHost = "payment.architrade.com"

// credentials are one merchant's secrets. The zero value is none: plan works
// without any.
type credentials struct {
	user       string
	password   dibs.Secret
	key1, key2 dibs.Secret
}

func (c credentials) empty() bool {
	return c.user == "" && c.password.Empty() && c.key1.Empty() && c.key2.Empty()
}

// variable names the environment variable of one of a merchant's secrets:
// FLEXFORM_SHOP_USER for merchant "shop".
func variable(merchant, secret string) string { return schema.Variable(merchant, secret) }

// readCredentials finds a merchant's secrets in the environment, or in the
// file that FLEXFORM_CREDENTIALS names. They never come from the command line
// or the configuration.
func readCredentials(env Env, m schema.Merchant) (credentials, error) {
	lookup, err := secretLookup(env)
	if err != nil {
		return credentials{}, err
	}
	c := credentials{
		user:     lookup(variable(m.Name, "USER")),
		password: dibs.NewSecret(lookup(variable(m.Name, "PASSWORD"))),
		key1:     dibs.NewSecret(lookup(variable(m.Name, "MD5_KEY1"))),
		key2:     dibs.NewSecret(lookup(variable(m.Name, "MD5_KEY2"))),
	}
	if (c.user == "") != c.password.Empty() {
		return credentials{}, fmt.Errorf("merchant %q has only half of a login: set both %s and %s", m.Name, variable(m.Name, "USER"), variable(m.Name, "PASSWORD"))
	}
	if c.key1.Empty() != c.key2.Empty() {
		return credentials{}, fmt.Errorf("merchant %q has only one MD5 key: set both %s and %s", m.Name, variable(m.Name, "MD5_KEY1"), variable(m.Name, "MD5_KEY2"))
	}
	if c.empty() {
		return c, nil
	}
	return c, checkHost(env, m)
}

// secretLookup returns where secrets are found: the environment, then the file
// that FLEXFORM_CREDENTIALS names.
func secretLookup(env Env) (func(name string) string, error) {
	lookup := func(name string) string {
		v, _ := env.Lookup(name) // as it is: a key may begin or end with a space
		return v
	}
	path := env.value("FLEXFORM_CREDENTIALS")
	if path == "" {
		return lookup, nil
	}
	file, err := readCredentialsFile(path)
	if err != nil {
		return nil, err
	}
	return func(name string) string {
		if v := lookup(name); v != "" {
			return v
		}
		return file[name]
	}, nil
}

// checkHost refuses to show credentials to a host that nobody outside the
// configuration vouched for: a pull request must not be able to redirect them.
func checkHost(env Env, m schema.Merchant) error {
	u, err := url.Parse(m.Gateway)
	if err != nil {
		return fmt.Errorf("merchant %q: gateway: %w", m.Name, err)
	}
	host := u.Hostname()
	if loopback(host) {
		return nil
	}
	if u.Scheme == "https" && (strings.EqualFold(host, documentedHost) || trustedHost(env, host)) {
		return nil
	}
	return fmt.Errorf("merchant %q: credentials are set, and its gateway %q is neither %s nor listed in FLEXFORM_TRUSTED_HOSTS; nothing was sent. If the host is right, run with\n\n  FLEXFORM_TRUSTED_HOSTS=%s", m.Name, host, documentedHost, host)
}

// trustedHost reports whether FLEXFORM_TRUSTED_HOSTS names a host.
func trustedHost(env Env, host string) bool {
	trusted := strings.FieldsFunc(env.value("FLEXFORM_TRUSTED_HOSTS"), func(r rune) bool { return r == ',' || r == ' ' })
	return slices.ContainsFunc(trusted, func(name string) bool { return strings.EqualFold(name, host) })
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// readCredentialsFile reads NAME=value lines. Blank lines and lines that begin
// with # do not count. A file that others can read is refused.
func readCredentialsFile(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("FLEXFORM_CREDENTIALS: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("FLEXFORM_CREDENTIALS: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("FLEXFORM_CREDENTIALS: %s is not a regular file", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("FLEXFORM_CREDENTIALS: others can read %s (mode %04o); run\n\n  chmod 600 %s", path, info.Mode().Perm(), path)
	}
	values := map[string]string{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("FLEXFORM_CREDENTIALS: %s line %d is not NAME=value", path, n)
		}
		values[strings.TrimSpace(name)] = value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("FLEXFORM_CREDENTIALS: read %s: %w", path, err)
	}
	return values, nil
}

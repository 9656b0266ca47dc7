package dibs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNewRefusesMistakes(t *testing.T) {
	good := Config{Merchant: "12345678"}
	tests := map[string]struct {
		change func(*Config)
		why    string // empty when it is no mistake
	}{
		"nothing wrong":              {func(*Config) {}, ""},
		"everything set":             {func(c *Config) { *c = complete() }, ""},
		"no merchant":                {func(c *Config) { c.Merchant = "" }, "merchant"},
		"a merchant in letters":      {func(c *Config) { c.Merchant = "shop" }, "merchant"},
		"a merchant by another name": {func(c *Config) { c.Merchant = "012345678" }, "leading zeros"},
		"a merchant too long":        {func(c *Config) { c.Merchant = strings.Repeat("1", 17) }, "16 digits"},
		"an account with a line end": {func(c *Config) { c.Account = "web\n" }, "account"},
		"an account not in ASCII":    {func(c *Config) { c.Account = "Ærø" }, "account"},
		"an account too long":        {func(c *Config) { c.Account = strings.Repeat("x", 51) }, "account"},
		"a header in the user agent": {func(c *Config) { c.UserAgent = "x\r\nIdempotency-Key: 1" }, "user agent"},
		"a user without a password":  {func(c *Config) { c.User = "api" }, "without a password"},
		"a password without a user":  {func(c *Config) { c.Password = NewSecret(canary) }, "without an API user"},
		"a user with a colon":        {func(c *Config) { c.User, c.Password = "a:b", NewSecret(canary) }, "colon"},
		"a user with a line end":     {func(c *Config) { c.User, c.Password = "a\n", NewSecret(canary) }, "control character"},
		"a password with a line end": {func(c *Config) { c.User, c.Password = "api", NewSecret(canary+"\n") }, "line end"},
		"the first key alone":        {func(c *Config) { c.Key1 = NewSecret(canary) }, "one MD5 key"},
		"the second key alone":       {func(c *Config) { c.Key2 = NewSecret(canary) }, "one MD5 key"},
		"a key with a line end":      {func(c *Config) { c.Key1, c.Key2 = NewSecret(canary), NewSecret(canary+"\n") }, "MD5 key"},
		"an interval below zero":     {func(c *Config) { c.Interval = -1 }, "interval"},
		"an interval too long":       {func(c *Config) { c.Interval = 2 * time.Hour }, "interval"},
		"a timeout below zero":       {func(c *Config) { c.Timeouts.TLS = -1 }, "timeout"},
		"a timeout too long":         {func(c *Config) { c.Timeouts.Total = time.Hour }, "timeout"}, // R41
		"a gateway elsewhere, plain": {func(c *Config) { c.Gateway = "http://payment.architrade.com" }, "plain http"},
		"an address elsewhere":       {func(c *Config) { c.Gateway = "http://192.0.2.1:8080" }, "plain http"},
		"a name like loopback":       {func(c *Config) { c.Gateway = "http://localhost.example" }, "plain http"},
		"an address like loopback":   {func(c *Config) { c.Gateway = "http://127.0.0.1.example" }, "plain http"},
		"loopback":                   {func(c *Config) { c.Gateway = "http://127.0.0.1:8080/" }, ""},
		"all of loopback":            {func(c *Config) { c.Gateway = "http://127.8.8.8" }, ""},
		"loopback by name":           {func(c *Config) { c.Gateway = "http://localhost" }, ""},
		"loopback in IPv6":           {func(c *Config) { c.Gateway = "http://[::1]:80" }, ""},
		"another https gateway":      {func(c *Config) { c.Gateway = "https://gateway.example:444/d2" }, ""},
		"another scheme":             {func(c *Config) { c.Gateway = "ftp://gateway.example" }, "neither https nor http"},
		"no scheme":                  {func(c *Config) { c.Gateway = "gateway.example" }, "not a URL"},
		"no host":                    {func(c *Config) { c.Gateway = "https:///x" }, "not a URL"},
		"only a port":                {func(c *Config) { c.Gateway = "https://:443" }, "not a URL"},
		"no URL":                     {func(c *Config) { c.Gateway = "https://" + canary + "\x7f@x" }, "not a URL"},
		"a password in the URL":      {func(c *Config) { c.Gateway = "https://api:" + canary + "@gateway.example" }, "in its URL"}, // R70
		"a password before a scheme": {func(c *Config) { c.Gateway = "api:" + canary + "@gateway.example" }, "not a URL"},
		"a query":                    {func(c *Config) { c.Gateway = "https://gateway.example?x=" + canary }, "query"},
		"an empty query":             {func(c *Config) { c.Gateway = "https://gateway.example?" }, "query"},
		"a fragment":                 {func(c *Config) { c.Gateway = "https://gateway.example#" + canary }, "fragment"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := good
			tt.change(&cfg)
			_, err := New(cfg)
			if tt.why == "" {
				if err != nil {
					t.Errorf("New: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.why) {
				t.Fatalf("New: %v, want an error about %q", err, tt.why)
			}
			sealed(t, "the error", err.Error())
		})
	}
}

func complete() Config {
	return Config{
		Gateway: "https://gateway.example", Merchant: "12345678", Account: "web", User: "api", Password: NewSecret("p w:å"),
		Key1: NewSecret("a&b=c%d+e#f?g!h*i(j)k{l}m~n^o|p:"), Key2: NewSecret("~.(S)96%u|[UV,]ifx;T=t&DAK'N b+H"),
		Interval: time.Second, UserAgent: "flexform/1.0", Timeouts: Timeouts{1, 2, 3, 4},
	}
}

func TestNewReportsAllMistakes(t *testing.T) {
	_, err := New(Config{Gateway: "ftp://x", Merchant: "shop", Account: "\n", User: "api"})
	for _, part := range []string{"neither https nor http", "merchant", "account", "without a password"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("New: %v, want it to speak of %q", err, part)
		}
	}
}

func TestDefaults(t *testing.T) {
	c, err := New(Config{Merchant: "1", Timeouts: Timeouts{TLS: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.String(), "merchant 1 at https://payment.architrade.com"; got != want || fmt.Sprintf("%+v", c) != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if c.endpoint.address != "payment.architrade.com:443" || c.endpoint.tls.ServerName != "payment.architrade.com" {
		t.Errorf("calls go to %s as %s", c.endpoint.address, c.endpoint.tls.ServerName)
	}
	want := Timeouts{Dial: 5 * time.Second, TLS: time.Second, Headers: 30 * time.Second, Total: time.Minute}
	if diff := cmp.Diff(want, c.limits.Timeouts); diff != "" {
		t.Errorf("timeouts mismatch (-want +got):\n%s", diff)
	}
	if c.HasLogin() || c.signs() || c.pace != nil {
		t.Error("a login, keys or a pace out of nowhere")
	}
}

// A name that leads elsewhere is found out before anything is sent.
func TestLoopbackIsCheckedWhenDialling(t *testing.T) {
	c := on(t, "http://localhost:1")
	dialer := c.endpoint.dialer(time.Second)
	for address, allowed := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:80": true, "192.0.2.1:80": false, "[2001:db8::1]:80": false, "0.0.0.0:80": false, "localhost:80": false,
	} {
		if err := dialer.Control("tcp", address, nil); (err == nil) != allowed {
			t.Errorf("%s: %v", address, err)
		}
	}
	if on(t, "https://localhost:1").endpoint.dialer(time.Second).Control != nil {
		t.Error("https is kept to loopback as well")
	}
}

func TestGatewayBelowAPath(t *testing.T) {
	gateway := play(t, say(ok("result=0")))
	c := on(t, gateway.url+"/d 2/")
	if _, err := c.Capture(t.Context(), captureOf(t)); err != nil {
		t.Fatal(err)
	}
	c.TransStatus(t.Context(), "11111111")
	for i, path := range []string{"/d%202/cgi-bin/capture.cgi", "/d%202/transstatus.pml"} {
		if got := gateway.seen()[i].head; !strings.HasPrefix(got, "POST "+path+" HTTP/1.1\r\n") {
			t.Errorf("request head %q, want path %s", got, path)
		}
	}
}

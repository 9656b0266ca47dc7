package cli

import (
	"strings"
	"testing"
	"time"

	"flexform/schema"
)

// R80: a configuration cannot send the login of the server for bulk files to a
// host of its own choice; none of it is for the calls, or the other way round.
func TestReadBulkCredentials(t *testing.T) {
	const user, password = "FLEXFORM_MY_SHOP_BULK_USER", "FLEXFORM_MY_SHOP_BULK_PASSWORD"
	both := map[string]string{user: "desk", password: "x"}
	with := func(name, value string) map[string]string {
		return map[string]string{user: "desk", password: "x", name: value}
	}
	for name, tt := range map[string]struct {
		address   string
		variables map[string]string
		want      string // of the error; empty: they are found
	}{
		"on this machine":            {"sftp://127.0.0.1:2222/in", both, ""},
		"one of the trusted hosts":   {"sftp://bulk.example", with("FLEXFORM_TRUSTED_HOSTS", "a.example bulk.example"), ""},
		"a host nobody vouched for":  {"sftp://bulk.example", both, "FLEXFORM_TRUSTED_HOSTS=bulk.example"},
		"the host of the calls":      {"ftp://" + documentedHost, both, "FLEXFORM_TRUSTED_HOSTS=" + documentedHost},
		"a name that looks like it":  {"ftp://127.0.0.1.example", both, "nothing was sent"},
		"none at all":                {"sftp://127.0.0.1", nil, password},
		"a user without a password":  {"sftp://127.0.0.1", map[string]string{user: "desk"}, "has no login for its server of bulk files"},
		"the login of the calls":     {"sftp://127.0.0.1", map[string]string{"FLEXFORM_MY_SHOP_USER": "api", "FLEXFORM_MY_SHOP_PASSWORD": "x"}, user},
		"an unreadable secrets file": {"sftp://127.0.0.1", with("FLEXFORM_CREDENTIALS", "/nowhere"), "FLEXFORM_CREDENTIALS"},
	} {
		m := schema.Merchant{Name: "my-shop", Bulk: schema.Bulk{Address: tt.address}}
		c, err := readBulkCredentials(envOf(tt.variables), m)
		switch {
		case tt.want == "" && (err != nil || c.user != "desk" || c.password.Empty()):
			t.Errorf("%s: %+v, %v", name, c, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || c != bulkCredentials{}):
			t.Errorf("%s: %+v, error %v, want %q", name, c, err, tt.want)
		}
	}
}

func TestBulkOptions(t *testing.T) {
	for _, tt := range []struct {
		o    bulkOption
		want string
	}{
		{bulkOption{via: viaCalls}, ""}, {bulkOption{via: viaBulk}, ""}, {bulkOption{via: viaBulk, wait: "0s"}, ""},
		{bulkOption{via: "file"}, "--via=file"}, {bulkOption{via: viaCalls, wait: "5m"}, "add --via bulk"},
		{bulkOption{via: viaBulk, wait: "-5m"}, "--wait=-5m"}, {bulkOption{via: viaBulk, wait: "5"}, "--wait=5"},
	} {
		err := tt.o.check()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.o, err, tt.want)
		}
	}
	for wait, want := range map[string]time.Duration{"": -1, "0s": 0, "90m": 90 * time.Minute} {
		b, err := bulkOption{via: viaBulk, wait: wait}.setting(schema.ModeLive)
		if err != nil || b.Patience != want || b.FirstPause != 0 || b.Zone.String() != dibsZone {
			t.Errorf("wait %q: %+v, %v", wait, b, err)
		}
	}
	if b, err := (bulkOption{via: viaCalls}).setting(schema.ModeSandbox); err != nil || b.Patience != 0 || b.LongestPause > 5*time.Second {
		t.Errorf("by calls, at a sandbox: %+v, %v", b, err)
	}
}

package schema

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	key1 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE3vW5UsZC0m0m1T2mF9aPqTgHwEoTz0sPcTgmmkVd5L"
	key2 = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 bulk@example"
)

func merchantWith(attributes string) map[string]string {
	return map[string]string{"main.hcl": "variable \"v\" {\n  default = \"in\"\n}\nmerchant \"shop\" {\n  id = \"12345678\"\n  " + attributes + "\n}\n"}
}

func TestBulk(t *testing.T) {
	for name, tt := range map[string]struct {
		attributes string
		want       Bulk
	}{
		"none":               {``, Bulk{}},
		"SFTP":               {`bulk = { address = "sftp://bulk.example.com/in/", host_key = "` + key1 + `" }`, Bulk{"sftp://bulk.example.com/in", []string{key1}}},
		"two keys":           {`bulk = { address = "sftp://bulk.example.com:2222", host_key = ["` + key1 + `", "` + key2 + `"] }`, Bulk{"sftp://bulk.example.com:2222", []string{key1, key2}}},
		"FTP":                {`bulk = { address = "ftp://bulk.example.com/${var.v}" }`, Bulk{"ftp://bulk.example.com/in", nil}},
		"on this machine":    {"gateway = \"http://127.0.0.1:8080\"\n  bulk = { address = \"ftp://127.0.0.1:2121\" }", Bulk{"ftp://127.0.0.1:2121", nil}},
		"beside a tunnel":    {"gateway = \"http://127.0.0.1:8080\"\n  mode = \"test\"\n  bulk = { address = \"ftp://bulk.example.com\" }", Bulk{"ftp://bulk.example.com", nil}},
		"a tunnel of itself": {`bulk = { address = "ftp://localhost:2121" }`, Bulk{"ftp://localhost:2121", nil}},
	} {
		c, diags := load(t, merchantWith(tt.attributes), LoadOptions{})
		if diags.HasErrors() {
			t.Errorf("%s: %s", name, render(c, diags))
			continue
		}
		if diff := cmp.Diff(tt.want, c.Merchants[0].Bulk); diff != "" {
			t.Errorf("%s mismatch (-want +got):\n%s", name, diff)
		}
	}
}

func TestBulkMistakes(t *testing.T) {
	sftp := func(address string) string {
		return `bulk = { address = "` + address + `", host_key = "` + key1 + `" }`
	}
	for name, tt := range map[string]struct{ attributes, want string }{
		"a text":                      {`bulk = "sftp://bulk.example.com"`, "Wrong type"},
		"an unknown value":            {`bulk = { adress = "sftp://x", host_key = "` + key1 + `" }`, `has no value "adress", only address and host_key. Did you mean "address"?`},
		"no address":                  {`bulk = { host_key = "` + key1 + `" }`, "needs the address"},
		"an address that is a number": {`bulk = { address = 5 }`, "must be a text"},
		"two addresses":               {`bulk = { address = ["ftp://a", "ftp://b"] }`, "must be a text"},
		"http":                        {sftp("https://bulk.example.com"), "begins with sftp:// or ftp://"},
		"no host":                     {sftp("sftp:///in"), "begins with sftp:// or ftp://"},
		"a password":                  {sftp("sftp://shop:hunter2@bulk.example.com"), "FLEXFORM_NAME_BULK_USER"},
		"a query":                     {sftp("sftp://bulk.example.com/in?x=1"), "ends with the directory"},
		"no host key":                 {`bulk = { address = "sftp://bulk.example.com" }`, "needs host_key"},
		"no key at all":               {`bulk = { address = "sftp://bulk.example.com", host_key = [] }`, "Invalid host key"},
		"a file of host keys":         {`bulk = { address = "sftp://bulk.example.com", host_key = "bulk.example.com ` + key1 + `" }`, "Invalid host key"},
		"a host key that is none":     {`bulk = { address = "sftp://bulk.example.com", host_key = "ssh-ed25519" }`, "Invalid host key"},
		"a host key for FTP":          {`bulk = { address = "ftp://bulk.example.com", host_key = "` + key1 + `" }`, "An FTP server has no host key"},
		"one for the built-in":        {"gateway = \"sandbox\"\n  " + sftp("sftp://127.0.0.1"), "takes bulk files itself"},
		"real files for a sandbox":    {"gateway = \"http://127.0.0.1:1\"\n  " + sftp("sftp://bulk.example.com"), "may move real money"},
	} {
		c, diags := load(t, merchantWith(tt.attributes), LoadOptions{})
		if got := render(c, diags); !diags.HasErrors() || !strings.Contains(strings.Join(strings.Fields(got), " "), tt.want) {
			t.Errorf("%s: want %q in\n%s", name, tt.want, got)
		} else if strings.Contains(got, "hunter2") {
			t.Errorf("%s: the password is shown:\n%s", name, got)
		}
	}
}

// Where files go is a setting that guards money; without bulk nothing changes.
func TestBulkIsInTheSettings(t *testing.T) {
	digests := map[string]string{}
	for _, attributes := range []string{
		``, `bulk = { address = "ftp://a.example.com" }`, `bulk = { address = "ftp://b.example.com" }`,
		`bulk = { address = "sftp://a.example.com", host_key = "` + key1 + `" }`, `bulk = { address = "sftp://a.example.com", host_key = "` + key2 + `" }`,
	} {
		_, settings := digestsOf(t, merchantWith(attributes), LoadOptions{})
		if other, ok := digests[settings]; ok {
			t.Errorf("%q and %q have the same settings digest", attributes, other)
		}
		digests[settings] = attributes
	}
}

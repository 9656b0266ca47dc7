package cli

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/schema"
)

// envOf is an environment of the given variables and nothing else.
func envOf(variables map[string]string) Env {
	return Env{Lookup: func(name string) (string, bool) {
		v, ok := variables[name]
		return v, ok
	}}
}

func TestReadCredentials(t *testing.T) {
	const user, password, key1, key2 = "FLEXFORM_MY_SHOP_USER", "FLEXFORM_MY_SHOP_PASSWORD", "FLEXFORM_MY_SHOP_MD5_KEY1", "FLEXFORM_MY_SHOP_MD5_KEY2"
	live := "https://" + documentedHost
	tests := map[string]struct {
		gateway   string
		variables map[string]string
		file      string // of FLEXFORM_CREDENTIALS, when not empty
		want      credentials
		wantErr   string
	}{
		"none at all":                     {gateway: live},
		"a login":                         {gateway: live, variables: map[string]string{user: "api", password: "p w"}, want: credentials{user: "api", password: dibs.NewSecret("p w")}},
		"a key keeps its spaces":          {gateway: live, variables: map[string]string{key1: " a", key2: "b "}, want: credentials{key1: dibs.NewSecret(" a"), key2: dibs.NewSecret("b ")}},
		"a user without a password":       {gateway: live, variables: map[string]string{user: "api"}, wantErr: "half of a login"},
		"a password without a user":       {gateway: live, variables: map[string]string{password: "x"}, wantErr: "half of a login"},
		"one key":                         {gateway: live, variables: map[string]string{key2: "x"}, wantErr: "only one MD5 key"},
		"another merchant's":              {gateway: live, variables: map[string]string{"FLEXFORM_SHOP_USER": "api"}},
		"from a file":                     {gateway: live, file: "# DIBS\n\n" + user + "=api\n" + password + "=a=b\n", want: credentials{user: "api", password: dibs.NewSecret("a=b")}},
		"the environment before the file": {gateway: live, variables: map[string]string{user: "mine"}, file: user + "=api\n" + password + "=x\n", want: credentials{user: "mine", password: dibs.NewSecret("x")}},
		"a file of something else":        {gateway: live, file: "hello\n", wantErr: "line 1 is not NAME=value"},
		// R80: a configuration cannot send credentials to a host of its own choice.
		"a host nobody vouched for":       {gateway: "https://gateway.example", variables: map[string]string{user: "api", password: "x"}, wantErr: "FLEXFORM_TRUSTED_HOSTS=gateway.example"},
		"the same without credentials":    {gateway: "https://gateway.example"},
		"one of the trusted hosts":        {gateway: "https://Gateway.example", variables: map[string]string{user: "api", password: "x", "FLEXFORM_TRUSTED_HOSTS": "a.example, gateway.example"}, want: credentials{user: "api", password: dibs.NewSecret("x")}},
		"a trusted host, not encrypted":   {gateway: "http://gateway.example", variables: map[string]string{user: "api", password: "x", "FLEXFORM_TRUSTED_HOSTS": "gateway.example"}, wantErr: "nothing was sent"},
		"a trusted host's subdomain":      {gateway: "https://x.gateway.example", variables: map[string]string{user: "api", password: "x", "FLEXFORM_TRUSTED_HOSTS": "gateway.example"}, wantErr: "nothing was sent"},
		"a name that begins like it":      {gateway: live + ".example", variables: map[string]string{user: "api", password: "x"}, wantErr: "nothing was sent"},
		"the documented, not encrypted":   {gateway: "http://" + documentedHost, variables: map[string]string{user: "api", password: "x"}, wantErr: "nothing was sent"},
		"a tunnel that begins here":       {gateway: "http://127.0.0.1:8080", variables: map[string]string{user: "api", password: "x"}, want: credentials{user: "api", password: dibs.NewSecret("x")}},
		"this machine by its IPv6":        {gateway: "http://[::1]:8080", variables: map[string]string{user: "api", password: "x"}, want: credentials{user: "api", password: dibs.NewSecret("x")}},
		"this machine by its name":        {gateway: "http://localhost", variables: map[string]string{user: "api", password: "x"}, want: credentials{user: "api", password: dibs.NewSecret("x")}},
		"a name that looks like loopback": {gateway: "https://127.0.0.1.example", variables: map[string]string{user: "api", password: "x"}, wantErr: "nothing was sent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			variables := map[string]string{}
			for k, v := range tt.variables {
				variables[k] = v
			}
			if tt.file != "" {
				path := filepath.Join(t.TempDir(), "credentials")
				if err := os.WriteFile(path, []byte(tt.file), 0o600); err != nil {
					t.Fatal(err)
				}
				variables["FLEXFORM_CREDENTIALS"] = path
			}
			got, err := readCredentials(envOf(variables), schema.Merchant{Name: "my-shop", Gateway: tt.gateway, Mode: schema.ModeLive})
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("readCredentials error = %v, want one with %q", err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) { // which sees the secrets, and prints none
				t.Errorf("readCredentials = user %q and other secrets, want user %q and its own", got.user, tt.want.user)
			}
		})
	}
}

// Others must not be able to read the file (hazards R72).
func TestReadCredentialsFileGuarded(t *testing.T) {
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	if err := os.WriteFile(open, []byte("A=b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		open:                         "chmod 600",
		dir:                          "not a regular file",
		filepath.Join(dir, "nobody"): "no such file",
	} {
		if _, err := readCredentialsFile(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("readCredentialsFile(%s) = %v, want an error with %q", path, err, want)
		}
	}
}

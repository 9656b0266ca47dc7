package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flexform/dibs/sandbox"
)

// TestSandboxOptions: each flag, and what the environment has, reaches the
// gateway.
func TestSandboxOptions(t *testing.T) {
	const k1, k2 = "a&b=c%d+e#f?g!h*i(j)k{l}m~n^o|p:", "~.(S)96%u|[UV,]ifx;T=t&DAK'N b+H"
	faults, wrong := filepath.Join(t.TempDir(), "faults.txt"), filepath.Join(t.TempDir(), "wrong.txt")
	for name, text := range map[string]string{faults: "# a reply that is lost\nrefund.cgi nth=2 drop commit=first\n* delay=1s\n", wrong: "refund.cgi drop\nrefund.cgi drp\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	usual := []sandbox.User{{Name: "sandbox", Password: "sandbox"}}
	tests := map[string]struct {
		args []string
		env  map[string]string
		want sandbox.Options
		err  string
	}{
		"nothing": {want: sandbox.Options{Users: usual, Lockout: 30 * time.Minute}},
		"all switches": {
			args: strings.Fields("--single-refund --plain-capture --no-empty-values --charset UTF-8 --rate-limit 200ms --lockout off --settle 30s --store x.db"),
			want: sandbox.Options{
				Users: usual, SingleRefund: true, PlainCapture: true, NoEmptyValues: true, Charset: sandbox.UTF8, RateLimit: 200 * time.Millisecond,
				Lockout: sandbox.NoLockout, Settle: sandbox.SettleMode(30 * time.Second), Store: "x.db",
			},
		},
		"a short lockout and no batch of its own": {
			args: strings.Fields("--lockout 2s --settle manual"),
			want: sandbox.Options{Users: usual, Lockout: 2 * time.Second, Settle: sandbox.Manual},
		},
		"two users, one with a colon in the password": {
			args: strings.Fields("--api-user a:b:c --api-user d:e"),
			want: sandbox.Options{Users: []sandbox.User{{Name: "a", Password: "b:c"}, {Name: "d", Password: "e"}}, Lockout: 30 * time.Minute},
		},
		"the user of the environment comes as well": {
			args: strings.Fields("--api-user a:b"), env: map[string]string{"FLEXFORM_SANDBOX_USER": "u", "FLEXFORM_SANDBOX_PASSWORD": "p"},
			want: sandbox.Options{Users: []sandbox.User{{Name: "a", Password: "b"}, {Name: "u", Password: "p"}}, Lockout: 30 * time.Minute},
		},
		"the same user twice": {args: strings.Fields("--api-user a:b --api-user a:c"), err: `there is an API user "a" already`},
		"half a user":         {env: map[string]string{"FLEXFORM_SANDBOX_USER": "u"}, err: "set both, or none"},
		"keys with commas in them": {
			args: []string{"--md5-keys", k1 + "," + k2, "--md5-required"},
			want: sandbox.Options{Users: usual, AnyMerchant: sandbox.Merchant{Key1: k1, Key2: k2, RequireMD5: true}, Lockout: 30 * time.Minute},
		},
		"shops that demand a cvc and null-authorise": {
			args: strings.Fields("--cvc-required --null-auth"),
			want: sandbox.Options{Users: usual, AnyMerchant: sandbox.Merchant{RequireCVC: true, NullAuth: true}, Lockout: 30 * time.Minute},
		},
		"keys of the environment": {
			env:  map[string]string{"FLEXFORM_SANDBOX_MD5_KEY1": k1, "FLEXFORM_SANDBOX_MD5_KEY2": k2},
			want: sandbox.Options{Users: usual, AnyMerchant: sandbox.Merchant{Key1: k1, Key2: k2}, Lockout: 30 * time.Minute},
		},
		"bulk files that wait": {
			args: strings.Fields("--bulk 1m --bulk-clear --settle manual"),
			want: sandbox.Options{Users: usual, Lockout: 30 * time.Minute, Settle: sandbox.Manual, Bulk: sandbox.SettleMode(time.Minute), ClearBulk: true},
		},
		"bulk files at no time": {args: strings.Fields("--bulk never"), err: "--bulk=never: write instant, manual or a duration"},
		"a file of faults": {
			args: []string{"--faults", faults},
			want: sandbox.Options{Users: usual, Lockout: 30 * time.Minute, Faults: []sandbox.Fault{
				{Service: "refund.cgi", Nth: 2, Do: sandbox.FaultDrop, Commit: sandbox.CommitFirst}, {Service: "*", Do: sandbox.FaultDelay, Delay: time.Second},
			}},
		},
		"faults by a number": {
			args: []string{"--faults", "seed=7"},
			want: sandbox.Options{Users: usual, Lockout: 30 * time.Minute, Faults: sandbox.DrawFaults(7)},
		},
		"bad TLS":                  {args: strings.Fields("--tls wrong-name --tls-ca ca.pem"), want: sandbox.Options{Users: usual, Lockout: 30 * time.Minute, TLS: sandbox.TLSWrongName}},
		"no such TLS":              {args: strings.Fields("--tls worse"), err: "--tls=worse: write one of good, expired, "},
		"an authority of no TLS":   {args: strings.Fields("--tls-ca ca.pem"), err: "add --tls good"},
		"faults by no number":      {args: []string{"--faults", "seed=x"}, err: "--faults=seed=x: write a whole number, such as seed=7, or the name of a file"},
		"a file that is none":      {args: []string{"--faults", wrong}, err: wrong + ":\nline 2: no fault \"drp\""},
		"half the keys":            {env: map[string]string{"FLEXFORM_SANDBOX_MD5_KEY1": k1}, err: "key 2 is not 32 printable"},
		"a comma in another place": {args: []string{"--md5-keys", k1 + k2 + ","}, err: "65 characters in all; there are 65"},
		"a key with a line end":    {args: []string{"--md5-keys", k1 + "," + strings.Replace(k2, " ", "\n", 1)}, err: "key 2 is not 32 printable"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var o sandboxOptions
			cmd := &cobra.Command{}
			o.addTo(cmd)
			if err := cmd.ParseFlags(tt.args); err != nil {
				t.Fatal(err)
			}
			got, err := o.gateway(Env{Lookup: func(name string) (string, bool) {
				value, set := tt.env[name]
				return value, set
			}})
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("gateway() of %q: error %v, want %q", tt.args, err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatalf("gateway() of %q: %v", tt.args, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("gateway() of %q mismatch (-want +got):\n%s", tt.args, diff)
			}
		})
	}
}

// TestSandboxFlagsAreDocumented: each flag is in the help and in
// docs/sandbox.md.
func TestSandboxFlagsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	(&app{}).sandboxCommand().Flags().VisitAll(func(f *pflag.Flag) {
		if f.Usage == "" || !strings.Contains(string(doc), "`--"+f.Name) {
			t.Errorf("--%s: usage %q, and docs/sandbox.md has to say what it is for", f.Name, f.Usage)
		}
	})
}

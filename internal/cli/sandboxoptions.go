package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flexform/dibs/sandbox"
)

// sandboxOptions are the flags of the sandbox command.
type sandboxOptions struct {
	listen, store, seed, merchant string
	tls, tlsCA                    string // kind; file for the authority's certificate
	faults                        string // file
	sftp, ftp                     string // addresses; empty: not served
	bulk                          string
	bulkClear                     bool
	users                         []string // name:password
	md5Keys                       string   // key1,key2
	md5Required                   bool
	cvcRequired, nullAuth         bool
	lockout, settle, rateLimit    string
	charset                       string
	singleRefund                  bool
	plainCapture, noEmptyValues   bool
}

func (o *sandboxOptions) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&o.tls, "tls", "", "speak TLS: its `kind` is good, or one that a client has to refuse, such as expired or wrong-name")
	flags.StringVar(&o.tlsCA, "tls-ca", "", "`file` to write the certificate to that signs the gateway's, for clients to trust")
	flags.StringVar(&o.store, "store", "", "SQLite `file` that keeps the money; without it, memory only")
	flags.StringVar(&o.seed, "seed", "", "CSV `file` of transactions to start with")
	flags.StringVar(&o.merchant, "merchant", "12345678", "merchant `id` that seed rows belong to when they name none")
	flags.StringArrayVar(&o.users, "api-user", nil, "an API user as `name:password`; may be given several times")
	flags.StringVar(&o.lockout, "lockout", "30m", "`time` for which three wrong passwords block an API user, or off")
	flags.StringVar(&o.md5Keys, "md5-keys", "", "both MD5 `keys` of every merchant, 32 characters each, with a comma between them")
	flags.BoolVar(&o.md5Required, "md5-required", false, "refuse calls without the md5key that they should have")
	flags.BoolVar(&o.cvcRequired, "cvc-required", false, "decline cards without a CVC (reason 9)")
	flags.BoolVar(&o.nullAuth, "null-auth", false, "reserve nothing when a Dankort is authorised, until suppl_auth.cgi or the capture")
	flags.StringVar(&o.settle, "settle", "instant", "`when` captures and refunds become final: instant, manual, or after a duration such as 30s for each step")
	flags.StringVar(&o.sftp, "sftp", "", "`address` to take bulk files at over SFTP; port 0 takes a free one")
	flags.StringVar(&o.ftp, "ftp", "", "`address` to take bulk files at over FTP; port 0 takes a free one")
	flags.StringVar(&o.bulk, "bulk", "instant", "`when` released bulk files are carried out: instant, manual, or after a duration such as 30s")
	flags.BoolVar(&o.bulkClear, "bulk-clear", false, "take rows and run files away when they were carried out, as some servers do")
	flags.BoolVar(&o.singleRefund, "single-refund", false, "refuse a second refund of a transaction")
	flags.StringVar(&o.rateLimit, "rate-limit", "off", "least `time` between two calls of a merchant, such as 200ms; sooner ones are answered 429")
	flags.StringVar(&o.charset, "charset", "iso-8859-1", "`charset` of replies: iso-8859-1 or utf-8")
	flags.StringVar(&o.faults, "faults", "", "`file` of faults to play, one a line, such as \"refund.cgi nth=2 drop commit=first\"; seed=7 draws some, the same each time")
	flags.BoolVar(&o.noEmptyValues, "no-empty-values", false, "leave what has no value out of replies, for old clients")
	flags.BoolVar(&o.plainCapture, "plain-capture", false, "answer captures without textreply with a bare result code, for old clients")
}

// gateway returns what the flags and the environment ask for.
func (o *sandboxOptions) gateway(env Env) (sandbox.Options, error) {
	g := sandbox.Options{
		Store: o.store, Now: env.Now,
		SingleRefund: o.singleRefund, ClearBulk: o.bulkClear, PlainCapture: o.plainCapture, NoEmptyValues: o.noEmptyValues,
	}
	var err [8]error
	g.Users, err[0] = o.apiUsers(env)
	g.AnyMerchant, err[1] = o.anyMerchant(env)
	g.Settle, err[2] = modeOf("settle", o.settle)
	g.Charset, err[3] = sandbox.ParseCharset(o.charset)
	if err[3] != nil {
		err[3] = fmt.Errorf("--charset=%s: %w", o.charset, err[3])
	}
	err[4] = errors.Join(
		readDuration("lockout", o.lockout, map[string]time.Duration{"off": sandbox.NoLockout}, &g.Lockout),
		readDuration("rate-limit", o.rateLimit, map[string]time.Duration{"off": 0}, &g.RateLimit))
	g.Faults, err[5] = o.readFaults()
	g.Bulk, err[6] = modeOf("bulk", o.bulk)
	g.TLS, err[7] = o.tlsKind()
	return g, errors.Join(err[:]...)
}

func (o *sandboxOptions) tlsKind() (sandbox.TLSKind, error) {
	kind, err := sandbox.ParseTLS(o.tls)
	switch {
	case err != nil:
		return kind, fmt.Errorf("--tls=%s: %w", o.tls, err)
	case kind == sandbox.TLSNone && o.tlsCA != "":
		return kind, errors.New("--tls-ca: without TLS no certificate is shown; add --tls good")
	}
	return kind, nil
}

func (o *sandboxOptions) readFaults() ([]sandbox.Fault, error) {
	if o.faults == "" {
		return nil, nil
	}
	if number, isSeed := strings.CutPrefix(o.faults, "seed="); isSeed {
		seed, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("--faults=%s: write a whole number, such as seed=7, or the name of a file", o.faults)
		}
		return sandbox.DrawFaults(seed), nil
	}
	f, err := os.Open(o.faults)
	if err != nil {
		return nil, fmt.Errorf("--faults: %w", err)
	}
	defer f.Close()
	faults, err := sandbox.ReadFaults(f)
	if err != nil {
		return nil, fmt.Errorf("--faults %s:\n%w", o.faults, err)
	}
	return faults, nil
}

// apiUsers returns the users of the flags and of the environment, and
// "sandbox" when there are none.
func (o *sandboxOptions) apiUsers(env Env) ([]sandbox.User, error) {
	var users []sandbox.User
	add := func(where, name, password string) error {
		if name == "" || password == "" {
			return fmt.Errorf("%s: write name:password", where)
		}
		for _, u := range users {
			if u.Name == name {
				return fmt.Errorf("%s: there is an API user %q already", where, name)
			}
		}
		users = append(users, sandbox.User{Name: name, Password: password})
		return nil
	}
	for _, text := range o.users {
		name, password, _ := strings.Cut(text, ":")
		if err := add("--api-user", name, password); err != nil {
			return nil, err
		}
	}
	name, password := env.value("FLEXFORM_SANDBOX_USER"), env.value("FLEXFORM_SANDBOX_PASSWORD")
	switch {
	case (name == "") != (password == ""):
		return nil, errors.New("FLEXFORM_SANDBOX_USER and FLEXFORM_SANDBOX_PASSWORD: set both, or none")
	case name != "":
		if err := add("FLEXFORM_SANDBOX_USER", name, password); err != nil {
			return nil, err
		}
	case len(users) == 0:
		users = []sandbox.User{{Name: "sandbox", Password: "sandbox"}}
	}
	return users, nil
}

// md5KeyLength is the length of each key (flexwin.md 3).
const md5KeyLength = 32

// anyMerchant returns what all merchants have in common: the MD5 control, and
// what they agreed on about cards. The comma between the keys is found by their
// length, for keys may have commas.
func (o *sandboxOptions) anyMerchant(env Env) (sandbox.Merchant, error) {
	m := sandbox.Merchant{RequireMD5: o.md5Required, RequireCVC: o.cvcRequired, NullAuth: o.nullAuth}
	m.Key1, _ = env.Lookup("FLEXFORM_SANDBOX_MD5_KEY1") // spaces count
	m.Key2, _ = env.Lookup("FLEXFORM_SANDBOX_MD5_KEY2")
	where := "FLEXFORM_SANDBOX_MD5_KEY1 and FLEXFORM_SANDBOX_MD5_KEY2"
	if o.md5Keys != "" {
		where = "--md5-keys"
		if len(o.md5Keys) != 2*md5KeyLength+1 || o.md5Keys[md5KeyLength] != ',' {
			return m, fmt.Errorf("%s: write two keys of %d characters with a comma between them, %d characters in all; there are %d", where, md5KeyLength, 2*md5KeyLength+1, len(o.md5Keys))
		}
		m.Key1, m.Key2 = o.md5Keys[:md5KeyLength], o.md5Keys[md5KeyLength+1:]
	}
	switch {
	case m.Key1 == "" && m.Key2 == "" && m.RequireMD5:
		return m, errors.New("--md5-required: there are no keys; add --md5-keys")
	case m.Key1 == "" && m.Key2 == "":
		return m, nil
	}
	for i, key := range []string{m.Key1, m.Key2} {
		if len(key) != md5KeyLength || strings.IndexFunc(key, unprintable) >= 0 {
			return m, fmt.Errorf("%s: key %d is not %d printable ASCII characters", where, i+1, md5KeyLength)
		}
	}
	return m, nil
}

func unprintable(r rune) bool { return r < ' ' || r > '~' }

// modeOf reads when something happens, from the value of a flag.
func modeOf(flag, text string) (sandbox.SettleMode, error) {
	var step time.Duration
	err := readDuration(flag, text, map[string]time.Duration{
		"instant": time.Duration(sandbox.Instant), "manual": time.Duration(sandbox.Manual),
	}, &step)
	return sandbox.SettleMode(step), err
}

// readDuration reads the value of a flag: one of the words, or a duration
// above zero.
func readDuration(flag, text string, words map[string]time.Duration, into *time.Duration) error {
	if d, isWord := words[text]; isWord {
		*into = d
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return fmt.Errorf("--%s=%s: write %s or a duration such as 30s", flag, text, orList(words))
	}
	*into = d
	return nil
}

func orList(words map[string]time.Duration) string {
	return strings.Join(slices.Sorted(maps.Keys(words)), ", ")
}

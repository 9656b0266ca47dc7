package schema

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// secretEnding reports whether name is one under which people try to write a
// secret, and returns the ending of the environment variable that holds it
// instead.
func secretEnding(name string) (string, bool) {
	switch strings.ToLower(name) {
	case "user", "username", "login", "api_user", "apiuser":
		return "USER", true
	case "password", "passwd", "pass", "api_password", "secret", "token", "credentials":
		return "PASSWORD", true
	case "key", "key1", "key_1", "md5", "md5key", "md5_key", "md5key1", "md5_key1", "md5_key_1":
		return "MD5_KEY1", true
	case "key2", "key_2", "md5key2", "md5_key2", "md5_key_2":
		return "MD5_KEY2", true
	}
	return "", false
}

// environment is the name under which a merchant's secret is looked for, such
// as FLEXFORM_SHOP_PASSWORD.
func environment(merchant, ending string) string {
	return "FLEXFORM_" + strings.ToUpper(strings.ReplaceAll(merchant, "-", "_")) + "_" + ending
}

// secretInConfig says where a secret belongs instead. The merchant may be
// empty when the attribute does not stand in a merchant block.
func (m *mistakes) secretInConfig(place hcl.Range, name, ending, merchant string) {
	if merchant == "" {
		merchant = "NAME"
	}
	m.add(place, "Secret in the configuration",
		"Secrets such as %q must never stand in a configuration: everybody who can read the repository could use them. "+
			"Delete this line and set this environment variable where flexform runs:\n\n    %s\n\n"+
			"Or put it into the file that FLEXFORM_CREDENTIALS names. If the secret was committed to git, have it changed at DIBS.",
		name, environment(merchant, ending))
}

// maskSecrets blanks what stands after the name of a secret on any line, and
// before the @ of an address, for snippets. It looks at the bare text, because
// a file that cannot be parsed is shown too.
func maskSecrets(text string) string {
	masked := []byte(text)
	for start := 0; start < len(text); {
		end := len(text)
		if n := strings.IndexByte(text[start:], '\n'); n >= 0 {
			end = start + n
		}
		line := text[start:end]
		if value := secretLine(line); value > 0 {
			blank(masked[start+value : end])
		}
		if from, to := userInfo(line); to > from {
			blank(masked[start+from : start+to])
		}
		start = end + 1
	}
	return string(masked)
}

func blank(b []byte) {
	for i, c := range b {
		if c != ' ' && c != '"' && c != '\r' {
			b[i] = '*'
		}
	}
}

// userInfo returns what stands between :// and @ in an address.
func userInfo(line string) (from, to int) {
	i := strings.Index(line, "://")
	if i < 0 {
		return 0, 0
	}
	from = i + len("://")
	rest := line[from:]
	if q := strings.IndexByte(rest, '"'); q >= 0 {
		rest = rest[:q]
	}
	return from, from + strings.LastIndexByte(rest, '@')
}

// secretLine returns where the value of `password = …` begins, or 0.
func secretLine(line string) int {
	name, _, ok := strings.Cut(line, "=")
	if !ok {
		return 0
	}
	word := strings.ToLower(strings.Trim(name, " \t\"{"))
	if i := strings.LastIndexAny(word, " \t{("); i >= 0 {
		word = word[i+1:]
	}
	if _, ok := secretEnding(word); !ok {
		return 0
	}
	return len(name) + 1
}

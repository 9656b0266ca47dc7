package schema

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
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

// Variable is the name under which a merchant's secret is looked for, such as
// FLEXFORM_SHOP_PASSWORD for the merchant "shop" and the ending "PASSWORD".
func Variable(merchant, ending string) string {
	return "FLEXFORM_" + strings.ToUpper(strings.ReplaceAll(merchant, "-", "_")) + "_" + ending
}

// secretInConfig says where a secret belongs instead. The merchant may be
// empty when the attribute does not stand in a merchant block.
func (m *mistakes) secretInConfig(attr *hclsyntax.Attribute, ending, merchant string) {
	m.hidden = append(m.hidden, attr.Expr.Range())
	m.noSecret(attr.NameRange, attr.Name, ending, merchant)
}

func (m *mistakes) noSecret(place hcl.Range, name, ending, merchant string) {
	if merchant == "" {
		merchant = "NAME"
	}
	m.add(place, "Secret in the configuration",
		"Secrets such as %q must never stand in a configuration: everybody who can read the repository could use them. "+
			"Delete this line and set this environment variable where flexform runs:\n\n    %s\n\n"+
			"Or put it into the file that FLEXFORM_CREDENTIALS names. If the secret was committed to git, have it changed at DIBS.",
		name, Variable(merchant, ending))
}

// maskSecrets blanks what stands after the name of a secret on any line, and
// before the @ of an address, for snippets. It looks at the bare text, because
// a file that cannot be parsed is shown too.
func maskSecrets(text string) string {
	masked := []byte(text)
	until := "" // the line that ends a text of several lines
	for start := 0; start < len(text); {
		end := len(text)
		if n := strings.IndexByte(text[start:], '\n'); n >= 0 {
			end = start + n
		}
		line := text[start:end]
		switch value := secretLine(line); {
		case until != "" && strings.TrimSpace(line) == until:
			until = ""
		case until != "":
			blank(masked[start:end])
		case value > 0:
			blank(masked[start+value : end])
			_, marker, _ := strings.Cut(line[value:], "<<")
			until = strings.TrimSpace(strings.TrimPrefix(marker, "-"))
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
		if !strings.ContainsRune(" \"={}\r\n", rune(c)) {
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

// secretLine returns where a line goes on behind the first name of a secret in
// it, such as `password`, or 0.
func secretLine(line string) int {
	for i := 0; i < len(line); i++ {
		if !letter(line[i]) {
			continue
		}
		start := i
		for i < len(line) && (letter(line[i]) || digit(line[i])) {
			i++
		}
		if _, ok := secretEnding(line[start:i]); ok && assigned(line[i:]) && (start == 0 || !strings.ContainsRune("./", rune(line[start-1]))) {
			return i
		}
	}
	return 0
}

// assigned reports whether what follows a name may be its value. A text right
// after it is one whose equals sign was forgotten.
func assigned(rest string) bool {
	rest = strings.TrimLeft(rest, " \t")
	return strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "==") || strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "\"")
}

// unmistakable reports whether a name means a secret wherever it stands, as
// "key" and "user" do not.
func unmistakable(name string) (ending string, secret bool) {
	ending, secret = secretEnding(name)
	name = strings.ToLower(name)
	return ending, secret && (strings.Contains(name, "passw") || strings.Contains(name, "secret") || strings.Contains(name, "md5"))
}

// hiddenWords lists what a file is not shown with, so that no message quotes
// it. A hundred are enough: more secrets than that are not typed by accident.
func hiddenWords(text string, shown []byte) (words []string) {
	for i := 0; i < len(text) && len(words) < 100; i++ {
		start := i
		for i < len(text) && text[i] != shown[i] {
			i++
		}
		if i-start >= 4 {
			words = append(words, text[start:i])
		}
	}
	return words
}

// ordinary reports whether a word that is not shown is one of the language: no
// secret, and messages could not be understood without it.
func ordinary(word string) bool {
	return slices.Contains(attributeNames(), word) || slices.Contains(blockTypes(), word)
}

package proof

import (
	"bytes"
	"crypto/sha1" // what git names objects by; see the note on what that proves in docs/audit.md
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// ObjectID is git's name of an object, in a repository whose names have so many
// hex digits.
func ObjectID(kind string, object []byte, digits int) string {
	head := fmt.Appendf(nil, "%s %d\x00", kind, len(object))
	if digits == 2*sha256.Size {
		h := sha256.New()
		h.Write(head)
		h.Write(object)
		return hex.EncodeToString(h.Sum(nil))
	}
	h := sha1.New()
	h.Write(head)
	h.Write(object)
	return hex.EncodeToString(h.Sum(nil))
}

// TreeEntry finds a name in a tree object. Digits are those of the repository's
// names.
func TreeEntry(tree []byte, name string, digits int) (mode, id string, ok bool) {
	for len(tree) > 0 {
		head, rest, found := bytes.Cut(tree, []byte{0})
		if !found || len(rest) < digits/2 {
			return "", "", false
		}
		m, n, _ := strings.Cut(string(head), " ")
		if n == name {
			return m, hex.EncodeToString(rest[:digits/2]), true
		}
		tree = rest[digits/2:]
	}
	return "", "", false
}

var (
	commitTree   = regexp.MustCompile(`^tree ([0-9a-f]{40}|[0-9a-f]{64})\n`)
	commitAuthor = regexp.MustCompile(`(?m)^author ([^\n]*) [0-9]+ [+-][0-9]{4}$`)
)

// CommitTree returns the tree of a commit object.
func CommitTree(commit []byte) (string, bool) {
	m := commitTree.FindSubmatch(commit)
	if m == nil {
		return "", false
	}
	return string(m[1]), true
}

// author returns the author that a commit object names.
func author(commit []byte) string {
	head, _, _ := bytes.Cut(commit, []byte("\n\n"))
	m := commitAuthor.FindSubmatch(head)
	if m == nil {
		return ""
	}
	return string(m[1])
}

// verify follows the objects from the commit to the file, and returns the line
// that the configuration is about and the commit's author.
func (c *Configuration) verify(commit string) (line, by string, err error) {
	digits := len(commit)
	if digits != 2*sha1.Size && digits != 2*sha256.Size {
		return "", "", fmt.Errorf("the ledger names no commit")
	}
	parts := strings.Split(c.Path, "/")
	if len(c.Objects) != len(parts)+2 {
		return "", "", fmt.Errorf("there are %d objects for a path of %d parts", len(c.Objects), len(parts))
	}
	if ObjectID("commit", c.Objects[0], digits) != commit {
		return "", "", fmt.Errorf("its commit is not %s", commit)
	}
	want, ok := CommitTree(c.Objects[0])
	if !ok {
		return "", "", fmt.Errorf("its commit has no tree")
	}
	for i, part := range parts {
		tree := c.Objects[i+1]
		if ObjectID("tree", tree, digits) != want {
			return "", "", fmt.Errorf("a folder of %s is not the commit's", c.Path)
		}
		mode := ""
		if mode, want, ok = TreeEntry(tree, part, digits); !ok {
			return "", "", fmt.Errorf("the commit has no %s", c.Path)
		}
		if last := i == len(parts)-1; last != (mode == "100644" || mode == "100755") {
			return "", "", fmt.Errorf("%s is no file of the commit", c.Path)
		}
	}
	file := c.Objects[len(c.Objects)-1]
	if ObjectID("blob", file, digits) != want {
		return "", "", fmt.Errorf("%s is not the commit's", c.Path)
	}
	lines := strings.Split(string(file), "\n")
	if c.Line < 1 || c.Line > len(lines) || !utf8.ValidString(lines[c.Line-1]) {
		return "", "", fmt.Errorf("%s has no line %d", c.Path, c.Line)
	}
	return strings.TrimRight(lines[c.Line-1], "\r"), author(c.Objects[0]), nil
}

var addressForm = regexp.MustCompile(`^(transaction|ticket)\.([A-Za-z0-9_-]+)`)

// Declares reports whether a line begins the block that an address is of.
func Declares(line, address string) bool {
	m := addressForm.FindStringSubmatch(address)
	if m == nil {
		return false
	}
	return regexp.MustCompile(`^\s*"?` + m[1] + `"?\s+"?` + regexp.QuoteMeta(m[2]) + `"?\s*\{`).MatchString(line)
}

package schema

import (
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A Bulk is the server that a merchant's bulk files go to. The zero Bulk: none.
// The built-in gateway has its own and needs none.
type Bulk struct {
	Address  string   // "sftp://bulk.example.com/in" or "ftp://…"; the path is the directory, the login's own without one
	HostKeys []string // of an SFTP server, at least one: "ssh-ed25519 AAAA…"
}

// Valid reports whether there is a server.
func (b Bulk) Valid() bool { return b.Address != "" }

const bulkExample = `bulk = { address = "sftp://bulk.example.com/in", host_key = "ssh-ed25519 AAAA..." }`

// readBulk evaluates bulk = { address = "…", host_key = "…" }.
func (l *loader) readBulk(m *Merchant, attr *hclsyntax.Attribute) bool {
	if attr == nil {
		return true
	}
	place := attr.Expr.Range()
	v, ok := l.group(attr, bulkExample)
	if !ok {
		return false
	}
	good := true
	for _, name := range slices.Sorted(maps.Keys(v.Type().AttributeTypes())) {
		switch name {
		case "address", "host_key":
		default:
			l.add(place, "Unknown attribute", "bulk has no value %q, only address and host_key.%s", name, didYouMean(name, []string{"address", "host_key"}))
			good = false
		}
	}
	if !v.Type().HasAttribute("address") {
		l.add(place, "Missing attribute", "bulk needs the address of the server that takes the files: %s.", bulkExample)
		return false
	}
	address, ok := texts(v.GetAttr("address"))
	if !ok || len(address) != 1 {
		l.add(place, "Wrong type", "The address of bulk must be a text in quotes: %s.", bulkExample)
		return false
	}
	var keys []string
	if v.Type().HasAttribute("host_key") {
		if keys, ok = texts(v.GetAttr("host_key")); !ok || slices.ContainsFunc(keys, func(k string) bool { return !hostKey(k) }) {
			l.add(place, "Invalid host key", "host_key is the server's public key as it stands in a known_hosts file, without the host's name, or a list of several: %s.", bulkExample)
			return false
		}
	}
	m.Bulk = Bulk{Address: strings.TrimRight(address[0], "/"), HostKeys: keys}
	return l.checkBulk(m, place) && good
}

// texts returns one text, or those of a list.
func texts(v cty.Value) (list []string, ok bool) {
	switch t := v.Type(); {
	case v.IsNull() || !v.IsWhollyKnown():
		return nil, false
	case t == cty.String:
		return []string{v.AsString()}, true
	case t.IsTupleType() || t.IsListType():
		for _, e := range v.AsValueSlice() {
			if e.IsNull() || e.Type() != cty.String {
				return nil, false
			}
			list = append(list, e.AsString())
		}
		return list, len(list) > 0
	}
	return nil, false
}

// hostKey reports whether s has the form of a public key.
func hostKey(s string) bool {
	kind, key, ok := strings.Cut(s, " ")
	if !ok || kind == "" || strings.ContainsFunc(s, invisible) {
		return false
	}
	key, _, _ = strings.Cut(key, " ") // a comment may follow
	raw, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(raw) > 4
}

// checkBulk checks where the files go. It must be as certain as where the
// calls go: a file moves as much money as all the calls that it stands for.
func (l *loader) checkBulk(m *Merchant, place hcl.Range) bool {
	u, err := url.Parse(m.Bulk.Address)
	switch {
	case m.Gateway == builtIn:
		l.add(place, "Server for nothing", "The built-in gateway takes bulk files itself. Delete bulk.")
	case err != nil, u.Hostname() == "", u.Scheme != "sftp" && u.Scheme != "ftp", strings.ContainsFunc(m.Bulk.Address, invisible):
		l.add(place, "Invalid address", "The address of a server for bulk files begins with sftp:// or ftp://: %s.", bulkExample)
	case u.User != nil:
		l.add(place, "Secret in the configuration", "An address must not hold a user name or password. Delete what stands before the @, and set the environment variables FLEXFORM_NAME_BULK_USER and FLEXFORM_NAME_BULK_PASSWORD where flexform runs.")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		l.add(place, "Invalid address", "The address of a server for bulk files ends with the directory: %s.", bulkExample)
	case u.Scheme == "sftp" && len(m.Bulk.HostKeys) == 0:
		l.add(place, "Missing attribute", "An SFTP server proves who it is by its key, so bulk needs host_key: %s. Ask DIBS for it; ssh-keyscan shows what a server offers.", bulkExample)
	case u.Scheme == "ftp" && len(m.Bulk.HostKeys) > 0:
		l.add(place, "Invalid host key", "An FTP server has no host key: it proves who it is by its certificate. Delete host_key.")
	case m.Mode == ModeSandbox && !loopback(u.Hostname()):
		l.add(place, "Modes mixed", "The gateway of this merchant is on this machine, and its bulk files would go to %s, where they may move real money. Write out the mode, \"test\" or \"live\", if that is meant.", u.Hostname())
	default:
		return true
	}
	return false
}

package schema

import (
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

const (
	defaultGateway = "https://payment.architrade.com"
	builtIn        = "sandbox" // the gateway that runs inside the command
	maxConcurrency = 256
	maxInterval    = time.Hour
)

// attributes returns the attributes of a block other than transaction, after
// saying what does not belong there.
func (l *loader) attributes(b *hclsyntax.Block, names ...string) map[string]*hclsyntax.Attribute {
	known := map[string]*hclsyntax.Attribute{}
	for _, name := range names {
		if attr := b.Body.Attributes[name]; attr != nil {
			known[name] = attr
		}
	}
	for name, attr := range b.Body.Attributes {
		if known[name] == nil {
			l.unknownAttribute(attr, b, names)
		}
	}
	l.noBlocks(b, names)
	return known
}

// text evaluates an attribute that must be a text.
func (l *loader) text(attr *hclsyntax.Attribute, s scope) (string, bool) {
	f := classify(attr.Expr)
	if f.kind == plainText {
		return f.text, true
	}
	p, ok := l.prepare(attr.Expr, s)
	if !ok {
		return "", false
	}
	v, ok := l.value(p, nil, row{})
	if !ok {
		return "", false
	}
	if v.IsNull() || v.Type() != cty.String {
		l.add(p.rng, "Wrong type", "%s must be a text in quotes, and this is %s.", attr.Name, kindOf(v))
		return "", false
	}
	return v.AsString(), true
}

// kindOf names the kind of a value in a sentence.
func kindOf(v cty.Value) string {
	switch t := v.Type(); {
	case v.IsNull():
		return "null, no value at all"
	case t == cty.String:
		return "a text"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "true or false"
	case t.IsObjectType() || t.IsMapType():
		return "a group of several values"
	case t.IsSetType():
		return "a set of values"
	}
	return "a list of values"
}

// single returns the only block of its kind, or nil.
func (l *loader) single(blocks []*hclsyntax.Block) *hclsyntax.Block {
	if len(blocks) == 0 {
		return nil
	}
	for _, b := range blocks[1:] {
		l.add(b.DefRange(), "Duplicate block", "There may be one %s block, and there is one at %s already. Put what both say into one of them.", b.Type, where(blocks[0].DefRange()))
	}
	return blocks[0]
}

// readRequirement checks the flexform block against the running version. A
// development version counts as the release that it leads to.
func (l *loader) readRequirement(blocks []*hclsyntax.Block) string {
	b := l.single(blocks)
	if b == nil {
		return ""
	}
	l.noLabels(b)
	attr := l.attributes(b, "required_version")["required_version"]
	if attr == nil {
		return ""
	}
	required, ok := l.text(attr, scope{})
	if !ok {
		return ""
	}
	constraint, err := version.NewConstraint(required)
	if err != nil {
		l.add(attr.Expr.Range(), "Invalid version", "%q is not a condition on a version. Write one such as \">= 0.1\" or \">= 0.1, < 2.0\".", required)
		return ""
	}
	if running, err := version.NewVersion(l.o.Version); err == nil && !constraint.Check(running.Core()) {
		l.add(attr.Expr.Range(), "Other version required", "This configuration asks for flexform %s, and this is %s. Run it with a version that fits, or change the condition after reading the changelog.", required, l.o.Version)
	}
	return required
}

func (l *loader) noLabels(b *hclsyntax.Block) {
	if len(b.Labels) > 0 {
		l.add(b.LabelRanges[0], "Too many names", "A %s block has no name of its own. Write:\n\n    %s {", b.Type, b.Type)
	}
}

// localPath checks that a path stays inside the folder.
func (l *loader) localPath(attr *hclsyntax.Attribute, path, example string) bool {
	if !filepath.IsLocal(path) || filepath.Clean(path) == "." || strings.ContainsFunc(path, invisible) {
		l.add(attr.Expr.Range(), "File outside the folder", "%s must be the path of a file inside the folder of the configuration, such as %q.", attr.Name, example)
		return false
	}
	return true
}

// readSandbox says what the built-in gateway starts with.
func (l *loader) readSandbox(blocks []*hclsyntax.Block) Sandbox {
	b := l.single(blocks)
	if b == nil {
		return Sandbox{}
	}
	l.noLabels(b)
	sandbox := Sandbox{Source: fromHCL(b.DefRange())}
	if attr := l.attributes(b, "seed")["seed"]; attr != nil {
		if path, ok := l.text(attr, scope{values: true}); ok && l.localPath(attr, path, "transactions.csv") {
			sandbox.Seed = filepath.Clean(path)
		}
	}
	return sandbox
}

// readGateway checks the address of a gateway and returns it without a slash
// at its end.
func (l *loader) readGateway(place hcl.Range, given string) (string, bool) {
	if given == builtIn {
		return builtIn, true
	}
	u, err := url.Parse(given)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http", strings.ContainsFunc(given, invisible):
		l.add(place, "Invalid gateway", "A gateway is \"sandbox\", the one built in for trying things out, or an address such as %q.", defaultGateway)
	case u.User != nil:
		l.add(place, "Secret in the configuration", "An address must not hold a user name or password. Delete what stands before the @, and set the environment variables FLEXFORM_NAME_USER and FLEXFORM_NAME_PASSWORD where flexform runs.")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		l.add(place, "Invalid gateway", "The address of a gateway ends before ? and #: the services add their own parameters. Write only the address, such as %q.", defaultGateway)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		l.add(place, "Gateway without encryption", "Requests to this gateway would travel unencrypted, for everybody on the way to read and change. Write https:// instead of http://. Only a gateway on this machine, such as http://127.0.0.1:8080, may do without.")
	default:
		return strings.TrimRight(given, "/"), true
	}
	return "", false
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// toy reports whether a gateway moves no real money by its address alone.
func toy(gateway string) bool {
	if gateway == builtIn {
		return true
	}
	u, err := url.Parse(gateway)
	return err == nil && loopback(u.Hostname())
}

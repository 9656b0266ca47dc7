package schema

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

// keyLine is the public key of a seed, as authorized_keys has it.
func keyLine(t testing.TB, seed byte) string {
	t.Helper()
	key, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), 32))).Public())
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func approvals(lines string) string { return limitedShop + "approvals {\n" + lines + "\n}\n" }

func TestApprovals(t *testing.T) {
	c, diags := load(t, map[string]string{
		"main.hcl": approvals(`
  signers    = "allowed_signers"
  signatures = 1
  expires    = "24h"
  hold       = "10m"
  tier "DKK" {
    plan_above   = "10000 DKK"
    action_above = "500.00 DKK"
    signatures   = 2
  }
  tier "JPY" {
    action_above = "20000 JPY"
    signatures   = 2
  }`),
		"allowed_signers": "# who may\n\nAnna@Example.com,anna@home.example namespaces=\"git,flexform-*\" " + keyLine(t, 0) + " at work\r\n" +
			"anna@home.example valid-after=\"20260101Z\",valid-before=\"202712312359Z\" " + keyLine(t, 1) + "\n" +
			"bo@example.com " + keyLine(t, 2) + "\n",
	}, LoadOptions{})
	if diags.HasErrors() {
		t.Fatal(render(c, diags))
	}
	a := c.Approvals
	if !a.Required() || a.Signatures != 1 || a.Expires != 24*time.Hour || a.Hold != 10*time.Minute || a.File != "allowed_signers" {
		t.Errorf("approvals = %+v", a)
	}
	type tier struct {
		plan, action string
		n            int
	}
	var tiers []tier
	for _, g := range a.Tiers {
		tiers = append(tiers, tier{amountText(g.PlanAbove), amountText(g.ActionAbove), g.Signatures})
	}
	if diff := cmp.Diff([]tier{{"10000.00 DKK", "500.00 DKK", 2}, {"", "20000 JPY", 2}}, tiers, cmp.AllowUnexported(tier{})); diff != "" {
		t.Errorf("tiers (-want +got):\n%s", diff)
	}
	var people []int
	for _, s := range a.Signers {
		people = append(people, s.Person)
	}
	if diff := cmp.Diff([]int{0, 0, 2}, people); diff != "" || a.Signers[0].Principals[0] != "anna@example.com" {
		t.Errorf("persons (-want +got):\n%s of %+v", diff, a.Signers)
	}
	if s := a.Signers[1]; !s.ValidAfter.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) || !s.ValidBefore.Equal(time.Date(2027, 12, 31, 23, 59, 0, 0, time.UTC)) {
		t.Errorf("validity = %s to %s", s.ValidAfter, s.ValidBefore)
	}
}

// A name that joins two persons known already makes one of all their keys.
func TestPersonsJoin(t *testing.T) {
	all := []Signer{{Principals: []string{"a"}}, {Principals: []string{"b"}}, {Principals: []string{"c"}}, {Principals: []string{"b", "a"}}, {Principals: []string{"c", "d"}}}
	number(all)
	var got []int
	for _, s := range all {
		got = append(got, s.Person)
	}
	if diff := cmp.Diff([]int{0, 0, 2, 0, 2}, got); diff != "" || persons(all) != 2 {
		t.Errorf("persons (-want +got):\n%s", diff)
	}
}

func TestApprovalMistakes(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(&short.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	anna := "anna@example.com " + keyLine(t, 0) + "\n"
	const plain = "signers = \"s\""
	tests := map[string]struct{ block, signers, want string }{
		"no signers":            {"signatures = 1", anna, "does not say who may sign"},
		"no such file":          {"signers = \"other\"", anna, "There is no file other"},
		"a file elsewhere":      {"signers = \"../s\"", anna, "seen from the file that this stands in"},
		"nobody":                {plain, "# nobody\n", "s names nobody"},
		"no signatures":         {plain + "\n  signatures = 0", anna, "a whole number from 1 to 20"},
		"half a signature":      {plain + "\n  signatures = 1.5", anna, "a whole number from 1 to 20"},
		"more than there are":   {plain + "\n  signatures = 2", anna, "This asks for 2 signatures, and s names only 1 people"},
		"more than in a tier":   {plain + "\n  tier \"DKK\" {\n    plan_above = \"1 DKK\"\n    signatures = 3\n  }", anna, "This asks for 3 signatures"},
		"a time of nothing":     {plain + "\n  expires = \"0s\"", anna, "expires is a time in whole seconds"},
		"a negative time":       {plain + "\n  hold = \"-1s\"", anna, "hold is a time in whole seconds"},
		"a hold too long":       {plain + "\n  expires = \"1h\"\n  hold = \"1h\"", anna, "Make hold shorter"},
		"a rehearsal of one":    {plain + "\n  rehearsal = 1", anna, "rehearsal must be true or false, and this is a number"},
		"a glass for nobody":    {plain + "\n  break_glass = [\"ana@example.com\"]", anna, "s names nobody \"ana@example.com\". Did you mean \"anna@example.com\"?"},
		"a glass for everybody": {plain + "\n  break_glass = true", anna, "break_glass is a list of the names of signers"},
		"a glass in one text":   {plain + "\n  break_glass = \"anna@example.com\"", anna, "break_glass is a list of the names of signers"},
		"an unknown attribute":  {plain + "\n  signature = 1", anna, "Did you mean \"signatures\"?"},
		"an unknown block":      {plain + "\n  tiers \"DKK\" {\n  }", anna, "only tier"},
		"a tier of nothing":     {plain + "\n  tier \"DKK\" {\n    signatures = 1\n  }", anna, "above which amount it holds"},
		"a tier without number": {plain + "\n  tier \"DKK\" {\n    plan_above = \"1 DKK\"\n  }", anna, "how many signatures it asks for"},
		"a tier of less":        {plain + "\n  signatures = 2\n  tier \"DKK\" {\n    plan_above = \"1 DKK\"\n    signatures = 1\n  }", anna, "Every plan needs 2 already"},
		"another currency":      {plain + "\n  tier \"DKK\" {\n    plan_above = \"1 SEK\"\n    signatures = 1\n  }", anna, "Each currency has a block of its own"},
		"no currency":           {plain + "\n  tier {\n    signatures = 1\n  }", anna, "needs the one currency"},
		"two blocks":            {plain + "\n}\napprovals {\n  " + plain, anna, "There may be one approvals block"},
		"a label":               {plain + "\n}\napprovals \"x\" {\n  " + plain, anna, "There may be one approvals block"},
		"only a name":           {plain, "anna\n", "not a name, a space, and a key"},
		"no key":                {plain, "anna nonsense\n", "No public key stands behind the name"},
		"a pattern":             {plain, "*@example.com " + keyLine(t, 0) + "\n", "patterns are not used"},
		"everything but":        {plain, "!anna " + keyLine(t, 0) + "\n", "patterns are not used"},
		"an authority":          {plain, "anna cert-authority " + keyLine(t, 0) + "\n", "\"cert-authority\" is not used here"},
		"another purpose":       {plain, "anna namespaces=\"git\" " + keyLine(t, 0) + "\n", "may not sign approvals"},
		"a local time":          {plain, "anna valid-before=\"20260101\" " + keyLine(t, 0) + "\n", "a time in UTC such as"},
		"never valid":           {plain, "anna valid-after=\"20260101Z\",valid-before=\"20260101Z\" " + keyLine(t, 0) + "\n", "is over (valid-before) before it begins"},
		"one key twice":         {plain, anna + "bo@example.com " + keyLine(t, 0) + "\n", "This key is on line 1 already"},
		"a weak key":            {plain, "anna " + string(ssh.MarshalAuthorizedKey(public)), "fewer than 2048 bits"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, diags := load(t, map[string]string{"main.hcl": approvals("  " + tt.block), "s": tt.signers}, LoadOptions{})
			if text := render(c, diags); !diags.HasErrors() || !strings.Contains(text, tt.want) {
				t.Errorf("mistakes = %s\nwant %q", text, tt.want)
			}
		})
	}
}

// R84: every value, and the very bytes of the signers, are in the settings
// digest; without the block nothing is.
func TestApprovalsDigest(t *testing.T) {
	anna, bo := "anna@example.com "+keyLine(t, 0)+"\n", "bo@example.com "+keyLine(t, 1)+"\n"
	digest := func(block, signers string) string {
		t.Helper()
		files := map[string]string{"main.hcl": limitedShop, "s": signers}
		if block != "" {
			files["main.hcl"] = approvals(block)
		}
		c, diags := load(t, files, LoadOptions{})
		if diags.HasErrors() {
			t.Fatal(render(c, diags))
		}
		return c.SettingsDigest
	}
	const plain, tier = "signers = \"s\"", "\n  tier \"DKK\" {\n    plan_above = \"1 DKK\"\n    signatures = 2\n  }"
	base := digest(plain+tier, anna+bo)
	if got := digest("  signatures = 1\n  expires = \"72h\"\n  hold = \"0s\"\n  rehearsal = false\n  break_glass = []\n"+plain+tier, anna+bo); got != base {
		t.Error("the digest depends on how the approvals are written")
	}
	for name, got := range map[string]string{
		"none":            digest("", anna+bo),
		"no tier":         digest(plain, anna+bo),
		"another number":  digest(plain+"\n  signatures = 2"+tier, anna+bo),
		"another life":    digest(plain+"\n  expires = \"71h\""+tier, anna+bo),
		"a glass":         digest(plain+"\n  break_glass = [\"Anna@example.com\"]"+tier, anna+bo),
		"a rehearsal":     digest(plain+"\n  rehearsal = true"+tier, anna+bo),
		"another hold":    digest(plain+"\n  hold = \"1s\""+tier, anna+bo),
		"another bound":   digest(plain+strings.Replace(tier, "1 DKK", "2 DKK", 1), anna+bo),
		"the other bound": digest(plain+strings.Replace(tier, "plan_above", "action_above", 1), anna+bo),
		"one more signer": digest(plain+tier, anna+bo+"cy "+keyLine(t, 2)+"\n"),
		"a comment":       digest(plain+tier, anna+bo+"# x\n"),
	} {
		if got == base {
			t.Errorf("%s: the settings digest stays the same", name)
		}
	}
}

// R84: with a settings file, the signers stand beside it, and a file of that
// name in the folder is nothing.
func TestSignersBesideSettings(t *testing.T) {
	guard := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(guard, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("settings.hcl", approvals("  signers = \"s\""))
	write("s", "anna@example.com "+keyLine(t, 0)+"\n")
	c, diags := load(t, map[string]string{"main.hcl": "", "s": "eve@example.com " + keyLine(t, 1) + "\n"}, LoadOptions{Settings: filepath.Join(guard, "settings.hcl")})
	if diags.HasErrors() {
		t.Fatal(render(c, diags))
	}
	if s := c.Approvals.Signers; len(s) != 1 || s[0].Principals[0] != "anna@example.com" {
		t.Errorf("signers = %+v", s)
	}
	if _, there := c.Sources[filepath.Join(guard, "s")]; !there {
		t.Error("the signers are not among the sources, for messages")
	}
}

// Whatever a file of signers holds, a signer that is read has a key and names
// that can stand in a file's name.
func FuzzParseSigners(f *testing.F) {
	f.Add("anna@example.com namespaces=\"git,flexform-*\" " + keyLine(f, 0) + "\n# x\n\nbo,b " + keyLine(f, 1) + " comment\r\n")
	f.Add("anna valid-after=\"20260101Z\",valid-before=\"202712312359Z\" " + keyLine(f, 2))
	f.Fuzz(func(t *testing.T, text string) {
		l := newLoader(LoadOptions{})
		for _, s := range l.parseSigners(source{name: "s", text: text}, ApprovalNamespace) {
			if s.Key == nil || len(s.Principals) == 0 || !s.Source.Valid() {
				t.Errorf("%q is read as %+v", text, s)
			}
			for _, name := range s.Principals {
				if !principal(name) || strings.ContainsAny(name, "/\\ \n") {
					t.Errorf("%q is a name", name)
				}
			}
		}
	})
}

// Outside the settings a key may be for another purpose than approvals.
func TestParseSigners(t *testing.T) {
	text := "anna@example.com namespaces=\"git\" " + keyLine(t, 1) + "\nbo@example.com namespaces=\"flexform-*,git\" " + keyLine(t, 2) + "\ncy@example.com " + keyLine(t, 3) + "\n"
	all, diags := ParseSigners("signers", []byte(text))
	if diags.HasErrors() || len(all) != 3 {
		t.Fatalf("ParseSigners = %v, %v", all, diags)
	}
	for i, want := range []struct{ approvals, git bool }{{false, true}, {true, true}, {true, true}} {
		if got := all[i]; got.MaySign(ApprovalNamespace) != want.approvals || got.MaySign("git") != want.git {
			t.Errorf("%s may sign approvals %v, git %v; want %+v", got.Principals[0], got.MaySign(ApprovalNamespace), got.MaySign("git"), want)
		}
	}
	if _, diags := ParseSigners("signers", []byte("* "+keyLine(t, 1))); !diags.HasErrors() {
		t.Error("ParseSigners takes a pattern for a name")
	}
}

package schema

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// FuzzScan holds the scanner to HCL's own lexer: what one takes for a bracket,
// so does the other, and whatever the scanner lets pass is within its limits as
// the lexer counts them (R60).
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		"a = 1\n", "a {\n b = \"x ${c[\"d\"]} y\"\n}\n", "a = <<E\n x ${b} $${c\nE\n", "a = <<-E\n  %{ if b }c%{ endif ~}\n  E\n",
		"/* { */ a = (1) # {\n// {\n", `a = "$$${b}"` + "\n", `a = "%%{" ` + "\n", "a = \"$\"\nb = \"%\"\n", `a = "\"{"` + "\n",
		"a = {for k, v in x : k => v}\n", "a = 1.5e3\n", "a = 1.e5", "a = <<E\r\nx\r\n E\r\n", "a = [1, 2,\n3]\n", "a = <<E\n$\n%\nE\n", `a = "${ <<E` + "\n}\nE\n}\"\n",
		"\ufeffa = 1\n", "æ = 1\n", "a = !!!!!b\n", "a = 12345678901234567890\n", "a = <<E\n$E\nE\n", "a = \"${~ b ~}\"\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		items, fault := scan(source{"fuzz.hcl", text})
		if fault != nil {
			if fault.Subject == nil || fault.Summary == "" || fault.Detail == "" {
				t.Errorf("scan(%q): a fault without place or words: %+v", text, fault)
			}
			return
		}
		checkItems(t, text, items)
		tokens, _ := hclsyntax.LexConfig([]byte(text), "fuzz.hcl", hcl.InitialPos)
		checkTokens(t, text, tokens)
	})
}

func checkItems(t *testing.T, text string, items []item) {
	t.Helper()
	var whole strings.Builder
	for _, c := range items {
		if line := 1 + strings.Count(text[:c.start], "\n"); line != c.line {
			t.Errorf("scan(%q): item at byte %d is on line %d, scan says %d", text, c.start, line, c.line)
		}
		whole.WriteString(text[c.start:c.end])
	}
	if whole.String() != text {
		t.Errorf("scan(%q): items put together are %q", text, whole.String())
	}
}

// checkTokens walks the lexer's tokens with a stack of brackets. Anything the
// scanner accepts must be properly nested and within the limits.
func checkTokens(t *testing.T, text string, tokens hclsyntax.Tokens) {
	t.Helper()
	var stack []hclsyntax.TokenType
	depth, templates := 0, 0
	for _, tok := range tokens {
		switch tok.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			stack = append(stack, tok.Type)
		case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			stack = append(stack, hclsyntax.TokenTemplateInterp)
			templates++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if len(stack) == 0 || stack[len(stack)-1] != opener[tok.Type] {
				t.Fatalf("scan(%q) let pass a bracket that the lexer finds unpaired, %s at %s", text, tok.Type, tok.Range)
			}
			if tok.Type == hclsyntax.TokenTemplateSeqEnd {
				templates--
			}
			stack = stack[:len(stack)-1]
		case hclsyntax.TokenNumberLit:
			if n := len(tok.Bytes) - strings.Count(string(tok.Bytes), "."); n > maxDigits || strings.ContainsAny(string(tok.Bytes), "eE") {
				t.Fatalf("scan(%q) let pass the number %s", text, tok.Bytes)
			}
		case hclsyntax.TokenQuotedNewline, hclsyntax.TokenBadUTF8:
			t.Fatalf("scan(%q) let pass a %s at %s", text, tok.Type, tok.Range)
		}
		depth = max(depth, len(stack))
		if templates > maxTemplates {
			t.Fatalf("scan(%q) let pass %d templates in each other", text, templates)
		}
	}
	if len(stack) > 0 || depth > maxDepth+2*maxTemplates {
		t.Fatalf("scan(%q) let pass %d unclosed and %d nested brackets", text, len(stack), depth)
	}
}

var opener = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenCBrace:         hclsyntax.TokenOBrace,
	hclsyntax.TokenCBrack:         hclsyntax.TokenOBrack,
	hclsyntax.TokenCParen:         hclsyntax.TokenOParen,
	hclsyntax.TokenCQuote:         hclsyntax.TokenOQuote,
	hclsyntax.TokenCHeredoc:       hclsyntax.TokenOHeredoc,
	hclsyntax.TokenTemplateSeqEnd: hclsyntax.TokenTemplateInterp,
}

// TestScanFindsWhatTheLexerFinds is FuzzScan over random files made of exactly
// the pieces that open and close something.
func TestScanFindsWhatTheLexerFinds(t *testing.T) {
	pieces := []string{`"`, "${", "%{", "}", "$", "%", `\`, "<<E\n", "<<-E\r\n", "E", "\n", "\r\n", "{", "(", ")", "[", "]", "#", "//", "/*", "*/", "~}", "a", " ", "1", "=", "$${", "%%{", "for", "if ", "endif", ",", "é", "<", "-", ".", "::"}
	random := rand.New(rand.NewPCG(1, 2))
	passed := 0
	for range 60_000 {
		var text strings.Builder
		for range 1 + random.IntN(24) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		items, fault := scan(source{"random.hcl", text.String()})
		if fault != nil {
			continue
		}
		passed++
		checkItems(t, text.String(), items)
		tokens, _ := hclsyntax.LexConfig([]byte(text.String()), "random.hcl", hcl.InitialPos)
		checkTokens(t, text.String(), tokens)
	}
	if passed < 1000 {
		t.Errorf("only %d of the random files passed the scan, too few to say anything", passed)
	}
}

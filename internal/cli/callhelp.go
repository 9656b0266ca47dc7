package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"flexform/dibs"
)

// serviceGroups are how the help lists the services.
var serviceGroups = []struct {
	id, title string
	has       func(dibs.Service) bool
}{
	{"look", "Services that change nothing:", func(s dibs.Service) bool { return s.Withheld == "" && !s.Changes }},
	{"change", "Services that move money or change something (see --" + bypassFlag + "):", func(s dibs.Service) bool { return s.Withheld == "" && s.Changes }},
	{"withheld", "Services that are never called by hand:", func(s dibs.Service) bool { return s.Withheld != "" }},
}

// serviceWords has the help speak of services, where cobra speaks of commands.
var serviceWords = strings.NewReplacer(
	"{{if .HasAvailableSubCommands}}\n  {{.CommandPath}} [command]{{end}}", "",
	`[command] --help" for more information about a command.`, `SERVICE --help" for what a service takes.`,
)

// serviceHelp tells the parameters of one service.
func serviceHelp(s dibs.Service) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (%s).\n", s.Name, s.Doc, s.Source)
	if s.Withheld != "" {
		fmt.Fprintf(&b, "It is never called by hand: %s.\n", s.Withheld)
		return b.String()
	}
	if s.Login {
		b.WriteString("It needs the merchant's API user.\n")
	}
	if s.Changes {
		fmt.Fprintf(&b, "It moves money or changes something: it is refused without --%s,\nand then recorded in the ledger.\n", bypassFlag)
	}
	b.WriteString("\nParameters (* required):\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, p := range s.Parameters {
		mark, doc := " ", p.Doc
		if p.Required {
			mark = "*"
		}
		if p.Values != nil {
			doc += " (" + strings.Join(p.Values, ", ") + ")"
		}
		fmt.Fprintf(w, "%s %s\t%s\n", mark, p.Name, doc)
	}
	_ = w.Flush() // into memory
	return b.String()
}

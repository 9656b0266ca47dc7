package cli

import (
	"runtime"

	"github.com/spf13/cobra"

	"flexform/internal/report"
)

// Version is flexform's own version, written into plans and ledgers.
const Version = "0.1.0"

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version and the formats it writes",
		Long:    "Prints flexform's version, and the versions of the plan and ledger files that it\nwrites: what to name in a question or a report.",
		Example: "  flexform version --json",
		Args:    takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			build := report.Build{Version: Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
			if asJSON {
				return report.VersionJSON(a.env.Stdout, build)
			}
			return report.VersionText(a.env.Stdout, build)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// fmtUsage adds to a wrong flag where the right ones are listed.
func fmtUsage(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w; see\n\n  %s --help", err, cmd.CommandPath())
}

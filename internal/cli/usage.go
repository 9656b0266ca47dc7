package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// fmtUsage adds to a wrong command line where the right one is shown.
func fmtUsage(cmd *cobra.Command, err error) error {
	see := "; see"
	if strings.HasSuffix(err.Error(), "?") {
		see = " See"
	}
	return fmt.Errorf("%w%s\n\n  %s --help", err, see, cmd.CommandPath())
}

// wrongCall tells all that is wrong with the parameters of a call by hand, and
// where the right ones are shown.
func wrongCall(cmd *cobra.Command, err error) error {
	mistakes := []error{err}
	if all, several := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); several {
		mistakes = all.Unwrap()
	}
	var list strings.Builder
	for _, mistake := range mistakes {
		list.WriteString("\n  " + mistake.Error())
	}
	return fmt.Errorf("%s cannot be called like this; nothing was sent:\n%s\n\nSee\n\n  %s --help", cmd.Name(), list.String(), cmd.CommandPath())
}

// takes refuses fewer or more arguments than a command has.
func takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		name := cmd.Name()
		switch {
		case len(args) > most && most == 0:
			return fmtUsage(cmd, fmt.Errorf("%s takes no argument, and %q is one", name, args[0]))
		case len(args) > most:
			return fmtUsage(cmd, fmt.Errorf("%s has no use for %q", name, args[most]))
		case len(args) < least:
			_, what, _ := strings.Cut(cmd.Use, " ")
			return fmtUsage(cmd, fmt.Errorf("%s needs its argument: %s %s", name, name, what))
		}
		return nil
	}
}

// noCommand says anew what cobra says of an unknown command, with its near
// misses: in its own words they stand behind tabs.
func noCommand(err error) error {
	if err == nil || !strings.HasPrefix(err.Error(), "unknown command ") {
		return err
	}
	text, near, _ := strings.Cut(err.Error(), "\n\nDid you mean this?")
	if near = strings.Join(strings.Fields(near), " or "); near != "" {
		text += "; did you mean " + near + "?"
	} else {
		text += "."
	}
	return errors.New(text + " The commands are shown by\n\n  flexform --help")
}

// unknownShell is what completion does by itself: its shells are commands.
func unknownShell(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return fmtUsage(cmd, fmt.Errorf("there is no completion for %q", args[0]))
}

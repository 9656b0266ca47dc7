// Command flexform brings card payments on the DIBS FlexWin gateway into the
// state that a configuration in git describes: see README.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"flexform/internal/cli"
)

func main() {
	// A reader that goes away ("| head") is a failed write, and not the end of
	// an apply between a call and its record.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills the process
	os.Exit(cli.Run(ctx, cli.OS(), os.Args[1:]))
}

package cli

import (
	"io"
	"log"
	"os"
	"os/user"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/term"

	"flexform/internal/durable"
	"flexform/statefile"
)

// An Env is everything of the outside world that a command may touch.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Lookup         func(name string) (string, bool) // environment variables
	Now            func() time.Time
	Actor          statefile.Actor // who runs the command, and where
	FS             durable.FS      // of ledgers and saved plans
	StdoutTerminal bool
	StderrTerminal bool
	Width          int // of the terminal, in columns; 0 when there is none
}

// OS returns the Env of the running process.
func OS() Env {
	// Short-lived commands that parse much at once: a larger heap step costs
	// a few megabytes and saves most of the collector's work. GOGC still wins.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	// net/http tells the standard logger what a gateway says out of turn. That
	// is a stranger's text on the user's terminal (hazards R68): the reply is
	// judged by dibs, the rest is not shown.
	log.SetOutput(io.Discard)
	// Which authorities are trusted is said to flexform, in FLEXFORM_CA_FILE, and
	// not to whatever else runs in this environment (hazards R48). Package
	// crypto/x509 would read these.
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		os.Unsetenv(name)
	}
	env := Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Lookup: os.LookupEnv,
		Now:    time.Now,
		FS:     durable.OS(),
		Actor:  statefile.Actor{User: "unknown", PID: os.Getpid()},
	}
	env.StdoutTerminal = term.IsTerminal(int(os.Stdout.Fd()))
	env.StderrTerminal = term.IsTerminal(int(os.Stderr.Fd()))
	if width, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil {
		env.Width = width
	}
	if u, err := user.Current(); err == nil {
		env.Actor.User = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		env.Actor.Host = host
	}
	return env
}

// color reports whether text for that stream may carry colour.
func (e Env) color(terminal bool) bool {
	noColor, set := e.Lookup("NO_COLOR")
	if set && noColor != "" {
		return false
	}
	name, _ := e.Lookup("TERM")
	return terminal && name != "dumb"
}

// value returns an environment variable's text without surrounding space, ""
// when it is not set.
func (e Env) value(name string) string {
	v, _ := e.Lookup(name)
	return strings.TrimSpace(v)
}

//go:build unix

// Package pgtest runs PostgreSQL servers for tests: each in a folder of its own,
// on a socket there and nowhere else, with nothing of it left behind. Only
// tests import it.
package pgtest

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"flexform/internal/need"
)

// A TB is the part of [testing.TB] that this package uses.
type TB interface {
	need.TB
	Cleanup(func())
	Logf(format string, args ...any)
}

// A Server is a PostgreSQL server for one test, or for all of a package.
type Server struct {
	bin, dir string
	password string
	as       *syscall.Credential // who runs it; nil: we do
	postgres *exec.Cmd
	ended    chan struct{}
}

// owner is the user of the database, which is its superuser.
const owner = "flexform_test"

// Start makes a server and runs it until the test is over. Where no PostgreSQL
// is installed the test is skipped, or fails in CI.
func Start(tb TB) *Server {
	tb.Helper()
	s := &Server{bin: need.Postgres(tb), password: "secret-" + rand.Text()}
	var err error
	if s.dir, err = os.MkdirTemp("", "flexpg"); err != nil { // short: a socket's path has about 100 bytes
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() {
		s.Stop(tb)
		os.RemoveAll(s.dir)
	})
	if err := s.initialise(); err != nil {
		tb.Fatalf("initdb: %v", err)
	}
	s.Run(tb)
	return s
}

// initialise makes the server's files. PostgreSQL does not run as root, so root
// has it run as somebody else.
func (s *Server) initialise() error {
	if os.Geteuid() == 0 {
		if err := s.giveAway(); err != nil {
			return err
		}
	}
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password), 0o644); err != nil {
		return err
	}
	defer os.Remove(secret)
	out, err := s.command("initdb", "-D", s.data(), "-U", owner, "--pwfile", secret, "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// giveAway makes the folder that of the user who will run the server.
func (s *Server) giveAway() error {
	who, err := user.Lookup("postgres")
	if err != nil {
		if who, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chmod(s.dir, 0o755); err != nil {
		return err
	}
	return os.Chown(s.dir, int(uid), int(gid))
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + s.bin + ":/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	if s.as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	}
	return cmd
}

// Run starts a server that was stopped.
func (s *Server) Run(tb TB) {
	tb.Helper()
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	defer log.Close() // the server has its own
	s.postgres = s.command("postgres", "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "max_connections=60", "-c", "unix_socket_permissions=0777")
	s.postgres.Stdout, s.postgres.Stderr = log, log
	if err := s.postgres.Start(); err != nil {
		tb.Fatalf("start postgres: %v", err)
	}
	s.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		cmd.Wait()
		close(ended)
	}(s.postgres, s.ended)
	for range 600 {
		if s.command("pg_isready", "-q", "-h", s.dir).Run() == nil {
			return
		}
		select {
		case <-s.ended:
			tb.Fatalf("postgres ended at once:\n%s", s.Log())
		case <-time.After(50 * time.Millisecond):
		}
	}
	tb.Fatalf("postgres is not ready within half a minute:\n%s", s.Log())
}

// Stop ends the server, by the id of the process that was started: sessions are
// cut, what was committed stays.
func (s *Server) Stop(tb TB) {
	tb.Helper()
	if s.postgres == nil || s.postgres.Process == nil {
		return
	}
	s.postgres.Process.Signal(syscall.SIGINT) // "fast"
	select {
	case <-s.ended:
	case <-time.After(30 * time.Second):
		s.postgres.Process.Signal(syscall.SIGQUIT) // it ends its children, which SIGKILL would leave
		<-s.ended
		tb.Logf("postgres did not stop by itself:\n%s", s.Log())
	}
	s.postgres = nil
}

// Log returns what the server has said.
func (s *Server) Log() string {
	b, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// DSN returns the connection to a database of the server, as its superuser. It
// holds the server's password.
func (s *Server) DSN(database string) string { return s.DSNAs(owner, s.password, database) }

// DSNAs is DSN for another user.
func (s *Server) DSNAs(user, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Path: "/" + database, RawQuery: url.Values{"host": {s.dir}}.Encode()}
	return u.String()
}

// Password returns the password of the server's superuser, which no output
// should have.
func (s *Server) Password() string { return s.password }

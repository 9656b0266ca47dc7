package sandbox_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"flexform/dibs/sandbox"
)

// killedBulkStore names the store of the process that serves bulk files until
// it is killed.
const killedBulkStore = "FLEXFORM_TEST_KILLED_BULK_STORE"

// serveSFTPUntilKilled is the other process of TestBulkKill. It says where it
// listens, and its host key.
func serveSFTPUntilKilled(path string) error {
	o := withUser()
	o.Store, o.Now = path, noon
	g, err := sandbox.Open(o)
	if err != nil {
		return err
	}
	hostKey, err := g.HostKey()
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("%s\n%s\n", ln.Addr(), hostKey)
	return sandbox.ServeSFTP(context.Background(), ln, g)
}

// killableSFTP starts that process. kill may be called more than once, and
// returns when the process is gone.
func killableSFTP(t *testing.T, path string) (address, hostKey string, kill func()) {
	t.Helper()
	server := exec.CommandContext(t.Context(), os.Args[0])
	server.Env = append(os.Environ(), killedBulkStore+"="+path)
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() { // SIGKILL, by the id of the process started above
		if err := server.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		if err := server.Wait(); err == nil {
			t.Error("the server was not killed")
		}
	})
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	for _, to := range []*string{&address, &hostKey} {
		if !lines.Scan() {
			t.Fatalf("the server says nothing: %v", lines.Err())
		}
		*to = strings.TrimSpace(lines.Text())
	}
	return address, hostKey, kill
}

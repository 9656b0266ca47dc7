package cli

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestSandboxNamesItsPage opens the address that the command prints.
func TestSandboxNamesItsPage(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	messages, stderr := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		code, _ := runOn(t, ctx, strings.NewReader(""), io.Discard, stderr, "sandbox")
		stderr.Close()
		ended <- code
	}()
	said := bufio.NewReader(messages)
	line, err := said.ReadString('\n')
	address, named := strings.CutPrefix(strings.TrimSpace(line), "Merchant page: ")
	if err != nil || !named {
		t.Fatalf("sandbox says %q, error %v; want the address of its page", line, err)
	}
	go io.Copy(io.Discard, said) // what else it says
	reply, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	page, err := io.ReadAll(reply.Body)
	if err != nil || reply.StatusCode != http.StatusOK || !strings.Contains(string(page), "<title>Transactions") {
		t.Errorf("GET %s = %s, error %v:\n%s", address, reply.Status, err, page)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

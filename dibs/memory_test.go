package dibs

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"flexform/dibs/sandbox"
)

// R42: what a call allocates in all, whatever comes. The gzip is the sandbox's:
// 1 GiB in 1 MiB.
func TestHostileRepliesTakeLittleMemory(t *testing.T) {
	const most = 1 << 20 // bytes a call; R42 allows 8 MiB
	flood := []byte(strings.Repeat("&more=and-more-of-it", 1<<10))
	head := "HTTP/1.1 200 OK\r\n"
	for name, tt := range map[string]struct {
		start []byte
		again []byte // up to 64 MiB
	}{
		"gzip bomb":       {gzipBomb(t), nil},
		"endless body":    {[]byte(head + "\r\nresult=0"), flood},
		"a huge length":   {[]byte(head + "Content-Length: 1073741824\r\n\r\nresult=0"), flood},
		"endless chunks":  {[]byte(head + "Transfer-Encoding: chunked\r\n\r\n"), []byte(strings.Repeat("1000\r\n"+strings.Repeat("x", 4096)+"\r\n", 10))},
		"a huge chunk":    {[]byte(head + "Transfer-Encoding: chunked\r\n\r\n40000000\r\nresult=0"), flood},
		"endless headers": {[]byte(head), []byte(strings.Repeat("X-More: and more of it\r\n", 1<<10))},
		"one header":      {[]byte(head + "X-More: "), flood},
	} {
		t.Run(name, func(t *testing.T) {
			gateway := play(t, func(conn net.Conn, _ request) bool {
				conn.Write(tt.start)
				for sent := 0; tt.again != nil && sent < 64<<20; sent += len(tt.again) {
					if _, err := conn.Write(tt.again); err != nil {
						break
					}
				}
				return false
			})
			c := on(t, gateway.url)
			for verb, call := range map[string]func() bool{
				"Refund":      func() bool { _, err := c.Refund(t.Context(), refundOf(t)); return outcome(err) == "uncertain" },
				"TransStatus": func() bool { _, err := c.TransStatus(t.Context(), "11111111"); return err != nil },
			} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				decided := call()
				runtime.ReadMemStats(&after)
				if !decided {
					t.Errorf("%s: took this for an answer", verb)
				}
				if n := after.TotalAlloc - before.TotalAlloc; n > most {
					t.Errorf("%s: allocated %d bytes, want at most %d", verb, n, most)
				}
			}
		})
	}
}

// gzipBomb returns the sandbox's, byte for byte.
func gzipBomb(t *testing.T) []byte {
	t.Helper()
	server := sandbox.Start(t, sandbox.Options{Faults: []sandbox.Fault{{Service: "transstatus.pml", Do: sandbox.FaultBomb}}})
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/transstatus.pml", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	if err := request.Write(conn); err != nil {
		t.Fatal(err)
	}
	wire, err := io.ReadAll(conn)
	if err != nil || len(wire) < 900<<10 || !strings.Contains(string(wire[:1000]), "Content-Encoding: gzip") {
		t.Fatalf("the sandbox sends %d bytes: %v", len(wire), err)
	}
	return wire
}

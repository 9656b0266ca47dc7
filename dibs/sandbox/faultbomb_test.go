package sandbox

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

// TestBomb unpacks a small one, sum and length checked, and knows the size of
// the one that is sent. R42
func TestBomb(t *testing.T) {
	const body = "status=ACCEPTED&result=0"
	in, err := gzip.NewReader(strings.NewReader(bomb(body, 8*bombUnit)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	if err != nil || !bytes.HasPrefix(text, []byte(body)) || len(text) != len(body)+8*bombUnit || len(bytes.Trim(text[len(body):], "\x00")) > 0 {
		t.Errorf("%d bytes, error %v, beginning %q", len(text), err, text[:len(body)])
	}
	if n := len(bomb(body, bombSize)); n < 900<<10 || n > 1200<<10 {
		t.Errorf("1 GiB is packed into %d bytes, want about 1 MiB", n)
	}
}

package dibs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
)

const (
	maxBody    = 64 << 10 // of a reply
	maxHeaders = 32 << 10 // of a reply, its status line included
	maxFraming = 64 << 10 // what chunked encoding may add to a body
	maxInterim = 5        // replies of the 1xx kind before the one that counts
)

var (
	errHeadersTooLarge = fmt.Errorf("the reply's headers exceed %d KiB", maxHeaders>>10)
	errBodyTooLarge    = fmt.Errorf("the reply exceeds %d KiB", maxBody>>10)
	errEncoded         = errors.New("the reply is compressed, which was not asked for")
)

// A replyReader reads one reply within the caps.
type replyReader struct {
	limit *io.LimitedReader
	buf   *bufio.Reader
}

func newReplyReader(conn net.Conn) replyReader {
	limit := &io.LimitedReader{R: conn, N: maxHeaders}
	return replyReader{limit, bufio.NewReaderSize(limit, 2<<10)}
}

// headers reads up to the end of the headers.
func (r replyReader) headers() (*http.Response, error) {
	for range maxInterim {
		response, err := http.ReadResponse(r.buf, nil)
		switch {
		case err != nil && r.limit.N == 0:
			return nil, errHeadersTooLarge
		case err != nil:
			return nil, err
		case response.StatusCode >= 200:
			r.limit.N = maxBody + maxFraming
			return response, nil
		}
	}
	return nil, errors.New("only interim replies")
}

// body reads the body, and reports whether it proves itself to be whole. More
// bytes behind it say that its length is wrong.
func (r replyReader) body(response *http.Response) (body string, whole bool, err error) {
	if encoded(response) {
		return "", false, errEncoded
	}
	body, err = readBody(response)
	return body, err == nil && framed(response) && r.buf.Buffered() == 0, err
}

// encoded reports whether the body is in a content encoding: a compressed
// reply may unpack without end.
func encoded(response *http.Response) bool {
	return slices.ContainsFunc(response.Header.Values("Content-Encoding"), func(encoding string) bool {
		return encoding != "" && !strings.EqualFold(encoding, "identity")
	})
}

// framed reports whether the body says where it ends. One that lasts until the
// connection does cannot be told from one that was cut, over TLS as well: Go
// takes an end without close_notify between two records for an end.
func framed(response *http.Response) bool {
	return response.ContentLength >= 0 || len(response.TransferEncoding) > 0
}

// readBody reads a body of maxBody bytes at most. What came before an error is
// returned with it.
func readBody(response *http.Response) (string, error) {
	if response.ContentLength > maxBody {
		return "", errBodyTooLarge
	}
	if n := response.ContentLength; n >= 0 {
		b := make([]byte, n)
		got, err := io.ReadFull(response.Body, b)
		return string(b[:got]), err
	}
	b, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if len(b) > maxBody {
		return string(b[:maxBody]), errBodyTooLarge
	}
	return string(b), err
}

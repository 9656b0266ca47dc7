package sandbox_test

import (
	"bufio"
	"bytes"
	"fmt"
	"image/gif"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"flexform/dibs/sandbox"
)

// The files in testdata are dialogues with the gateway, typed from the
// protocol's description. Each is a txtar archive whose sections are, in order:
//
//	options    user NAME PASSWORD / merchant ID [KEY1 KEY2] [required] [cvc] [nullauth] / settle manual / single /
//	           bulk manual / first TRANSACT / plain / noempty / charset NAME / limit DURATION / anyone KEY1 KEY2 [required]
//	seed.csv   transactions
//	> TITLE    a request as it goes over the wire; Host and Content-Length are added when they are missing, and in the body \r
//	           and \n stand for these bytes
//	< CODE     the expected reply: status code, and the body as it stands; with `contains` after the code, lines that must occur;
//	           with `image`, the colour in the middle of a GIF; with `to`, where the browser is sent
//	header     lines that are among the headers of that reply
//	money      one line for each transaction that matters: number, status, captured, refunded
//	settle     settles one step
//	acquirer   NAME up|down
//	clock      moves the gateway's clock on
//	put FILE   a client's file in the bulk directory; its lines end in CRLF
//	refused FILE  the same, and the directory does not take it
//	file FILE  what the bulk directory holds under that name; its lines end in CRLF
//	none FILE  no such file is there
//	bulk       carries out what was released
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := &dialogue{now: time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)}
			for _, section := range archive.Files {
				d.play(t, section.Name, string(section.Data))
			}
			if d.asked+d.files == 0 || d.asked != d.checked {
				t.Errorf("%d requests and %d expected replies", d.asked, d.checked)
			}
		})
	}
}

type dialogue struct {
	options        sandbox.Options
	server         *sandbox.Server
	now            time.Time
	title          string
	code           int
	body           string
	header         http.Header
	asked, checked int
	files          int // of the bulk directory that were looked at
}

func (d *dialogue) play(t *testing.T, section, text string) {
	t.Helper()
	kind, rest, _ := strings.Cut(section, " ")
	switch kind {
	case "options":
		d.setOptions(t, text)
	case "seed.csv":
		d.options.Now = func() time.Time { return d.now }
		d.server = sandbox.Start(t, d.options, readSeed(t, text)...)
	case ">":
		d.title = rest
		var reply *http.Response
		reply, d.body = converse(t, d.server.URL, wireForm(text))
		d.code, d.header = reply.StatusCode, reply.Header
		d.asked++
	case "<":
		d.check(t, rest, text)
	case "header":
		for line := range strings.Lines(text) {
			name, want, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if got := d.header.Get(name); got != want {
				t.Errorf("%s: header %s is %q, want %q", d.title, name, got, want)
			}
		}
	case "money":
		checkMoney(t, d.title, d.server.Gateway, text)
	case "acquirer":
		name, state, _ := strings.Cut(strings.TrimSpace(text), " ")
		d.server.Gateway.SetAcquirer(name, state == "up")
	case "settle":
		if _, err := d.server.Gateway.Settle(); err != nil {
			t.Fatal(err)
		}
	case "clock":
		step, err := time.ParseDuration(strings.TrimSpace(text))
		if err != nil {
			t.Fatal(err)
		}
		d.now = d.now.Add(step)
	case "put", "refused":
		d.title = section
		err := d.server.Gateway.PutBulkFile(rest, []byte(strings.ReplaceAll(text, "\n", "\r\n")))
		if (err != nil) != (kind == "refused") {
			t.Errorf("%s: %v", section, err)
		}
	case "file", "none":
		d.checkFile(t, rest, text, kind == "file")
	case "bulk":
		if _, err := d.server.Gateway.RunBulk(); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("unknown section %q", section)
	}
}

func (d *dialogue) checkFile(t *testing.T, name, text string, there bool) {
	t.Helper()
	d.files++
	for _, f := range d.server.Gateway.BulkFiles() {
		if f.Name != name {
			continue
		}
		if diff := cmp.Diff(strings.ReplaceAll(text, "\n", "\r\n"), string(f.Data)); !there || diff != "" {
			t.Errorf("%s: after %s (-want +got):\n%s", name, d.title, diff)
		}
		return
	}
	if there {
		t.Errorf("%s: after %s, there is no such file", name, d.title)
	}
}

func (d *dialogue) setOptions(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch words[0] {
		case "user":
			d.options.Users = append(d.options.Users, sandbox.User{Name: words[1], Password: words[2]})
		case "merchant":
			m := sandbox.Merchant{ID: words[1]}
			words = words[2:]
			if len(words) > 1 && len(words[0]) == 32 {
				m.Key1, m.Key2, words = words[0], words[1], words[2:]
			}
			m.RequireMD5 = slices.Contains(words, "required")
			m.RequireCVC = slices.Contains(words, "cvc")
			m.NullAuth = slices.Contains(words, "nullauth")
			d.options.Merchants = append(d.options.Merchants, m)
		case "settle":
			d.options.Settle = sandbox.Manual
		case "first":
			n, err := strconv.ParseInt(words[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			d.options.FirstTransact = n
		case "plain":
			d.options.PlainCapture = true
		case "noempty":
			d.options.NoEmptyValues = true
		case "bulk":
			d.options.Bulk = sandbox.Manual
		case "single":
			d.options.SingleRefund = true
		case "anyone":
			d.options.AnyMerchant = sandbox.Merchant{Key1: words[1], Key2: words[2], RequireMD5: slices.Contains(words, "required")}
		case "charset":
			charset, err := sandbox.ParseCharset(words[1])
			if err != nil {
				t.Fatal(err)
			}
			d.options.Charset = charset
		case "limit":
			limit, err := time.ParseDuration(words[1])
			if err != nil {
				t.Fatal(err)
			}
			d.options.RateLimit = limit
		default:
			t.Fatalf("unknown option %q", line)
		}
	}
}

func (d *dialogue) check(t *testing.T, expected, text string) {
	t.Helper()
	d.checked++
	code, contains := strings.CutSuffix(expected, " contains")
	code, isLocation := strings.CutSuffix(code, " to")
	if isLocation {
		d.body = d.header.Get("Location")
	}
	code, isImage := strings.CutSuffix(code, " image")
	if isImage {
		d.body = brightColour(t, d.title, d.body)
	}
	if strconv.Itoa(d.code) != code {
		t.Errorf("%s: HTTP status %d, want %s; body %q", d.title, d.code, code, d.body)
	}
	if !contains {
		if diff := cmp.Diff(strings.TrimSuffix(text, "\n"), d.body); diff != "" {
			t.Errorf("%s: reply mismatch (-want +got):\n%s", d.title, diff)
		}
		return
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.Contains(d.body, line) {
			t.Errorf("%s: reply %q lacks %q", d.title, d.body, line)
		}
	}
}

// brightColour returns the colour in the middle of a GIF, or what it is.
func brightColour(t *testing.T, title, body string) string {
	t.Helper()
	picture, err := gif.Decode(strings.NewReader(body))
	if err != nil {
		t.Errorf("%s: %q is no GIF: %v", title, body, err)
		return ""
	}
	middle := picture.Bounds().Max.Div(2)
	r, g, b, _ := picture.At(middle.X, middle.Y).RGBA()
	switch {
	case r > g && g < r/2 && b < r/2:
		return "red"
	case r > b && g > b && g > r/2:
		return "yellow"
	case g > r && g > b:
		return "green"
	}
	return fmt.Sprintf("#%04x%04x%04x", r, g, b)
}

func checkMoney(t *testing.T, title string, g *sandbox.Gateway, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		transact, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		tr, found := g.Transaction(transact)
		if !found {
			t.Fatalf("%s: no transaction %s", title, transact)
		}
		if got := fmt.Sprintf("%d %s %s", tr.Status, tr.Captured.Decimal(), tr.Refunded.Decimal()); got != want {
			t.Errorf("%s: transaction %s has status, captured, refunded %s; want %s", title, transact, got, want)
		}
	}
}

// wireForm turns a request as it is typed into one for the wire.
func wireForm(text string) string {
	head, body, _ := strings.Cut(text, "\n\n")
	body = strings.TrimSuffix(body, "\n") // the archive's, not the client's
	body = strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(body)
	if strings.Contains(head, "multipart/") {
		body = strings.ReplaceAll(body, "\n", "\r\n") + "\r\n"
	}
	for name, value := range map[string]string{
		"Host": "payment.architrade.com", "Content-Length": strconv.Itoa(len(body)), "Connection": "close",
	} {
		if !strings.Contains(head, "\n"+name+":") {
			head += "\n" + name + ": " + value
		}
	}
	return strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body
}

// exchange sends bytes on a fresh connection and reads one reply.
func exchange(t testing.TB, base, request string) (int, string) {
	t.Helper()
	reply, body := converse(t, base, request)
	return reply.StatusCode, body
}

// converse is exchange with the reply's headers.
func converse(t testing.TB, base, request string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	reply, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	var body bytes.Buffer
	if _, err := io.Copy(&body, reply.Body); err != nil {
		t.Fatal(err)
	}
	return reply, body.String()
}

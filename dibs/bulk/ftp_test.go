package bulk

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func ftpConfig(d *ftpd) FTPConfig {
	return FTPConfig{Address: d.address, User: ftpUser, Password: NewSecret(ftpPassword), RootCAs: d.roots}
}

// R47, R70
func TestFTPLogins(t *testing.T) {
	d, other, plain := startFTP(t, "127.0.0.1"), startFTP(t, "localhost"), startFTP(t, "")
	weak := startFTP(t, "127.0.0.1")
	weakKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weak.tls, weak.roots = certificateFor(t, "127.0.0.1", weakKey)
	tests := map[string]struct {
		server *ftpd
		change func(*FTPConfig)
		err    string
	}{
		"encrypted":                         {d, func(*FTPConfig) {}, ""},
		"to a name":                         {other, func(c *FTPConfig) { c.Address = strings.Replace(c.Address, "127.0.0.1", "localhost", 1) }, ""},
		"plain to loopback":                 {plain, func(c *FTPConfig) { c.Plain = true }, ""},
		"plain to anywhere":                 {plain, func(c *FTPConfig) { c.Plain, c.Exposed = true, true }, ""},
		"into a directory":                  {d, func(c *FTPConfig) { c.Dir = "." }, ""},
		"into none":                         {d, func(c *FTPConfig) { c.Dir = "nowhere" }, "550"},
		"a server without TLS":              {plain, func(*FTPConfig) {}, "530"}, // it refuses AUTH
		"an unknown certificate":            {d, func(c *FTPConfig) { c.RootCAs = x509.NewCertPool() }, "certificate signed by unknown authority"},
		"a certificate for another name":    {other, func(*FTPConfig) {}, "certificate"},
		"a weak key":                        {weak, func(*FTPConfig) {}, "an RSA key of 1024 bits"},
		"a wrong password":                  {d, func(c *FTPConfig) { c.Password = NewSecret("wr0ng") }, "the server answered 530"},
		"a password with a line break":      {d, func(c *FTPConfig) { c.Password = NewSecret("wr0ng\r\nDELE x") }, "CR or LF"},
		"a directory with a line break":     {d, func(c *FTPConfig) { c.Dir = ".\r\nDELE x" }, "CR or LF"},
		"no user":                           {d, func(c *FTPConfig) { c.User = "" }, "takes a user and a password"},
		"no password":                       {d, func(c *FTPConfig) { c.Password = Secret{} }, "takes a user and a password"},
		"exposed, but not plain":            {d, func(c *FTPConfig) { c.Exposed = true }, "encryption is not turned off"},
		"an address that is none":           {d, func(c *FTPConfig) { c.Address = "ftp://host/" }, "is no host"},
		"plain to another machine":          {plain, func(c *FTPConfig) { c.Plain, c.Address = true, "192.0.2.1:21" }, "not loopback"},
		"plain to another machine, by IPv6": {plain, func(c *FTPConfig) { c.Plain, c.Address = true, "[2001:db8::1]:21" }, "not loopback"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := ftpConfig(tt.server)
			tt.change(&c)
			f, err := DialFTP(t.Context(), c)
			switch {
			case tt.err == "" && err == nil:
				if _, err := f.List(t.Context()); err != nil {
					t.Error(err)
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			case tt.err == "" || err == nil || !strings.Contains(err.Error(), tt.err):
				t.Errorf("DialFTP: %v; want %q", err, tt.err)
			}
			if err != nil && strings.Contains(err.Error(), "wr0ng") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// Servers that say something else than what is so.
func TestFTPServersThatCannotBeTrusted(t *testing.T) {
	rowsFile, runFile := refund1.File(RowsFile), refund1.File(RunFile)
	rows := []byte(crlf(`123456789,"myOrderId1",100,208`))
	list := func(f *FTP) error { _, err := f.List(t.Context()); return err }
	read := func(f *FTP) error { _, err := f.Read(t.Context(), runFile); return err }
	create := func(f *FTP) error { return f.Create(t.Context(), rowsFile, rows) }
	tests := map[string]struct {
		quirks quirks
		call   func(*FTP) error
		want   string
	}{
		"no listing of an empty directory": {quirks{replies: map[string]string{"NLST": "550 no files found"}}, list, `list: 550 "no files found"`},
		"no look before creation":          {quirks{replies: map[string]string{"NLST": "450 later"}}, create, `create refund311213_01.txt: 450 "later"`},
		"terminal escapes":                 {quirks{replies: map[string]string{"NLST": "550 \x1b[2Jgone\xff"}}, list, `550 "\\x1b[2Jgone\\xff"`},
		"a long name":                      {quirks{lie: func([]byte) []byte { return bytes.Repeat([]byte("x"), 1<<17) }}, list, "token too long"},
		"half a file":                      {quirks{lie: func(data []byte) []byte { return data[:len(data)/2] }}, read, "read 16 bytes of 32"},
		"no data connection":               {quirks{replies: map[string]string{"EPSV": "502 no", "PASV": "502 no"}}, read, `502 "no"`},
		"a data connection elsewhere":      {quirks{replies: map[string]string{"EPSV": "229 (|||1|)"}}, read, "refused"},
		"no end of the story":              {quirks{replies: map[string]string{"STOR": "452 disk full"}}, create, `452 "disk full"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := startFTP(t, "127.0.0.1")
			f, err := DialFTP(t.Context(), ftpConfig(d))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(d.dir, runFile), rows, 0o600); err != nil {
				t.Fatal(err)
			}
			d.quirks.Store(&tt.quirks)
			if err := tt.call(f); err == nil || !strings.Contains(err.Error(), tt.want) || !printable(err.Error()) {
				t.Errorf("got %v; want %q", err, tt.want)
			}
			if err := list(f); err == nil {
				t.Error("a session goes on after an error")
			}
		})
	}
}

// An upload ends when the server has read all of it and closed: vsftpd lost the
// end of files when we closed first, with its session tickets unread.
func TestFTPUploadsEndWithTheServer(t *testing.T) {
	config, roots := certificate(t, "localhost")
	l := listen(t)
	closing, got := make(chan struct{}), make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		secure := tls.Server(conn, config)
		_ = secure.Handshake() // and here are the tickets
		<-closing
		data, _ := io.ReadAll(secure)
		got <- string(data)
		secure.Close()
	}()
	conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "rows"); err != nil {
		t.Fatal(err)
	}
	close(closing)
	if err := (unhurried{conn}).Close(); err != nil {
		t.Error(err)
	}
	select {
	case data := <-got:
		if data != "rows" {
			t.Errorf("the server has %q", data)
		}
	default:
		t.Error("closed before the server had read anything")
	}
}

// The address is judged after the name was looked up.
func TestPlainFTPLooksWhereItGoes(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1:21": true, "[::1]:21": true, "127.9.9.9:2121": true, "192.0.2.1:21": false, "10.0.0.1:21": false, "[fe80::1]:21": false, "nonsense": false} {
		if err := (FTPConfig{Plain: true}).dialer(Timeouts{}).Control("tcp", address, nil); (err == nil) != want {
			t.Errorf("plain to %s: %v", address, err)
		}
	}
	for _, c := range []FTPConfig{{}, {Plain: true, Exposed: true}} {
		if c.dialer(Timeouts{}).Control != nil {
			t.Errorf("%+v looks where it goes", c)
		}
	}
}

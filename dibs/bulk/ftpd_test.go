package bulk

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// An ftpd is a small FTP server on loopback: what RFC 959, 2228, 2428, 3659
// and 4217 ask of one that lists, takes and gives files.
type ftpd struct {
	dir      string
	tls      *tls.Config // nil: AUTH is refused
	address  string
	roots    *x509.CertPool
	sessions sessions

	quirks atomic.Pointer[quirks]
}

// quirks are what a server does its own way.
type quirks struct {
	passiveOnly bool              // no EPSV
	noSize      bool              // no SIZE
	replies     map[string]string // what it answers instead, by command
	lie         func(data []byte) []byte
}

const ftpUser, ftpPassword = "shop", "s3cret"

// startFTP starts a server, with TLS for host unless that is empty.
func startFTP(tb testing.TB, host string) *ftpd {
	tb.Helper()
	d := &ftpd{dir: tb.TempDir()}
	d.quirks.Store(&quirks{})
	if host != "" {
		d.tls, d.roots = certificate(tb, host)
	}
	l := listen(tb)
	d.address = l.Addr().String()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer d.sessions.end()
				d.serve(conn)
			}()
		}
	}()
	return d
}

// sessions count what clients began and servers ended.
type sessions struct {
	mu           sync.Mutex
	changed      chan struct{} // closed at the next end
	begun, ended int
}

func (s *sessions) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun++
}

func (s *sessions) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended++
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// settle waits until the server has ended every session that was begun.
func (s *sessions) settle() {
	for {
		s.mu.Lock()
		if s.ended >= s.begun {
			s.mu.Unlock()
			return
		}
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		<-changed
	}
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l
}

// certificate makes a server's certificate that signs itself.
func certificate(tb testing.TB, host string) (*tls.Config, *x509.CertPool) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return certificateFor(tb, host, key)
}

func certificateFor(tb testing.TB, host string, key crypto.Signer) (*tls.Config, *x509.CertPool) {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<34, 0),
		IsCA: true, BasicConstraintsValid: true,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

// An ftpSession is one control connection.
type ftpSession struct {
	*ftpd
	conn   net.Conn
	r      *bufio.Reader
	secure bool
	data   net.Listener
	user   string
	login  bool
}

func (d *ftpd) serve(conn net.Conn) {
	s := &ftpSession{ftpd: d, conn: conn, r: bufio.NewReader(conn)}
	defer func() {
		s.conn.Close()
		if s.data != nil {
			s.data.Close()
		}
	}()
	s.reply("220 ready")
	for {
		text, err := s.r.ReadString('\n')
		if err != nil {
			return
		}
		command, arg, _ := strings.Cut(strings.TrimRight(text, "\r\n"), " ")
		if command == "QUIT" || !s.command(command, arg) {
			return
		}
	}
}

func (s *ftpSession) reply(text string) { fmt.Fprintf(s.conn, "%s\r\n", text) }

// command carries out one command, and reports whether the session goes on.
func (s *ftpSession) command(command, arg string) bool {
	quirks := s.quirks.Load()
	if instead, ok := quirks.replies[command]; ok {
		s.reply(instead)
		return true
	}
	switch {
	case command == "AUTH" && s.tls != nil:
		s.reply("234 go on")
		s.conn, s.secure = tls.Server(s.conn, s.tls), true
		s.r = bufio.NewReader(s.conn)
	case command == "USER":
		s.user = arg
		s.reply("331 password")
	case command == "PASS":
		s.login = s.user == ftpUser && arg == ftpPassword && (s.tls == nil || s.secure)
		s.answer(s.login, "230 welcome", "530 wrong: "+arg)
	case command == "FEAT":
		s.reply("211-Features:\r\n EPSV\r\n SIZE\r\n211 End")
	case !s.login:
		s.reply("530 not logged in")
	case command == "TYPE", command == "PBSZ", command == "PROT":
		s.reply("200 fine")
	case command == "CWD":
		s.answer(arg == ".", "250 there", "550 no such directory")
	case command == "EPSV" && !quirks.passiveOnly, command == "PASV":
		return s.passive(command)
	case command == "NLST", command == "RETR", command == "STOR":
		return s.transfer(command, filepath.Join(s.dir, filepath.Base(arg)))
	case command == "SIZE" && !quirks.noSize:
		info, err := os.Stat(filepath.Join(s.dir, filepath.Base(arg)))
		if err != nil {
			s.reply("550 no such file")
			return true
		}
		s.reply(fmt.Sprintf("213 %d", info.Size()))
	case command == "DELE":
		s.answer(os.Remove(filepath.Join(s.dir, filepath.Base(arg))) == nil, "250 gone", "550 no such file")
	default:
		s.reply("502 not implemented")
	}
	return true
}

func (s *ftpSession) answer(well bool, yes, no string) {
	if !well {
		yes = no
	}
	s.reply(yes)
}

func (s *ftpSession) passive(command string) bool {
	if s.data != nil {
		s.data.Close()
	}
	var err error
	if s.data, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return false
	}
	port := s.data.Addr().(*net.TCPAddr).Port
	if command == "EPSV" {
		s.reply(fmt.Sprintf("229 here (|||%d|)", port))
	} else { // another host, as servers behind a translation name it
		s.reply(fmt.Sprintf("227 here (192,0,2,1,%d,%d)", port>>8, port&255))
	}
	return true
}

// transfer moves the bytes of one command over a data connection.
func (s *ftpSession) transfer(command, path string) bool {
	var content []byte
	var err error
	switch command {
	case "NLST":
		entries, _ := os.ReadDir(s.dir)
		for _, e := range entries {
			content = append(content, e.Name()+"\r\n"...)
		}
	case "RETR":
		content, err = os.ReadFile(path)
	}
	if lie := s.quirks.Load().lie; lie != nil {
		content = lie(content)
	}
	if err != nil || s.data == nil {
		s.reply("550 not available")
		return true
	}
	s.reply("150 coming")
	conn, err := s.data.Accept()
	s.data.Close()
	s.data = nil
	if err != nil {
		return false
	}
	if s.secure {
		conn = tls.Server(conn, s.tls)
	}
	if command == "STOR" {
		err = store(path, conn)
	} else {
		_, err = conn.Write(content)
	}
	if s.secure && err == nil && len(content) == 0 {
		err = conn.(*tls.Conn).Handshake() // an empty file, too
	}
	conn.Close()
	s.answer(err == nil, "226 done", "426 connection lost")
	return true
}

// store writes what arrives as it arrives, so a cut leaves a part.
func store(path string, r io.Reader) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(file, r)
	return err
}

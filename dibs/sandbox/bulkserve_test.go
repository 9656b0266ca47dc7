package sandbox_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jlaffaye/ftp"
	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"flexform/dibs/sandbox"
)

// sshLogin connects and logs in with a password.
func sshLogin(t *testing.T, address, hostKey, user, password string) (*ssh.Client, error) {
	t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(hostKey))
	if err != nil {
		t.Fatal(err)
	}
	return ssh.Dial("tcp", address, &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.Password(password)}, HostKeyCallback: ssh.FixedHostKey(key),
	})
}

func sftpLogin(t *testing.T, address, hostKey string) *sftp.Client {
	t.Helper()
	conn, err := sshLogin(t, address, hostKey, "shop", "secret")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c, err := sftp.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func withUser() sandbox.Options {
	return sandbox.Options{Users: []sandbox.User{{Name: "shop", Password: "secret"}}}
}

func fileNames(g *sandbox.Gateway) []string {
	var names []string
	for _, f := range g.BulkFiles() {
		names = append(names, f.Name)
	}
	return names
}

// The directory has one door: three wrong passwords over FTP, SFTP and HTTP
// together lock the user out of all of them (flexwin.md 1.1).
func TestBulkServersShareTheLockout(t *testing.T) {
	now := noon()
	o := withUser()
	o.Now = func() time.Time { return now }
	s := sandbox.Start(t, o, readSeed(t, captured20)...)
	address, hostKey := s.SFTP(t)
	ftpAddress, _ := s.FTP(t)
	overFTP := func(password string) error {
		c, err := ftp.Dial(ftpAddress)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Quit()
		return c.Login("shop", password)
	}
	overSSH := func(password string) error {
		c, err := sshLogin(t, address, hostKey, "shop", password)
		if err == nil {
			c.Close()
		}
		return err
	}
	if errFTP, errSSH := overFTP("secret"), overSSH("secret"); errFTP != nil || errSSH != nil {
		t.Fatal(errFTP, errSSH)
	}
	if overFTP("wrong") == nil || overSSH("wrong") == nil {
		t.Fatal("a wrong password logs in")
	}
	code, _ := exchange(t, s.URL, "POST /cgi-adm/payinfo.cgi HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic c2hvcDp3cm9uZw==\r\nContent-Length: 0\r\n\r\n")
	if code != 401 {
		t.Fatalf("a wrong password over HTTP: %d", code)
	}
	if overFTP("secret") == nil || overSSH("secret") == nil {
		t.Error("the user is not locked out after three wrong passwords")
	}
	now = now.Add(30*time.Minute + time.Second)
	if err := overSSH("secret"); err != nil {
		t.Errorf("after the lock-out: %v", err)
	}
}

// There is nothing but files in one directory: no shell, no folders, no way out.
func TestSFTPOffersFilesOnly(t *testing.T) {
	s := sandbox.Start(t, withUser())
	address, hostKey := s.SFTP(t)
	conn, err := sshLogin(t, address, hostKey, "shop", "secret")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	session, err := conn.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Run("id"); err == nil {
		t.Error("a command was run")
	}
	if _, _, err := conn.OpenChannel("direct-tcpip", nil); err == nil {
		t.Error("a way on through the server")
	}
	c := sftpLogin(t, address, hostKey)
	for name, err := range map[string]error{
		"mkdir":       c.Mkdir("folder"),
		"symlink":     c.Symlink("/etc/passwd", "x.txt"),
		"a folder":    create(c, "folder/x.txt"),
		"a dot file":  create(c, ".profile"),
		"a response":  create(c, "response_refund021126_01.txt"),
		"a long name": create(c, strings.Repeat("x", 101)),
		"the parent":  create(c, ".."),
		"control":     create(c, "a\x1b[2J"),
	} {
		if err == nil {
			t.Errorf("%s: allowed", name)
		}
	}
	if err := create(c, "/../notes.txt"); err != nil { // leads nowhere else
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"notes.txt"}, fileNames(s.Gateway)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if _, err := c.Open("none.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := c.Stat("none.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if info, err := c.Stat("/"); err != nil || !info.IsDir() {
		t.Errorf("the directory: %v, %v", info, err)
	}
}

func create(c *sftp.Client, name string) error {
	f, err := c.Create(name)
	if err != nil {
		return err
	}
	return f.Close()
}

// A file is what arrived, and the later of two uploads of one name wins: a
// session that hangs on does not change what came after it.
func TestUploads(t *testing.T) {
	s := sandbox.Start(t, withUser())
	address, hostKey := s.SFTP(t)
	first, second := sftpLogin(t, address, hostKey), sftpLogin(t, address, hostKey)
	const name = "refund021126_01.txt"
	torn, err := first.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(torn, "half of it"); err != nil {
		t.Fatal(err)
	}
	if err := second.Remove(name); err != nil {
		t.Fatal(err)
	}
	whole, err := second.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(whole, "all of it\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := whole.Close(); err != nil {
		t.Fatal(err)
	}
	if err := torn.Close(); err == nil {
		t.Error("a file that is not there any more was written")
	}
	if files := s.Gateway.BulkFiles(); len(files) != 1 || string(files[0].Data) != "all of it\r\n" {
		t.Errorf("the directory holds %q", files)
	}
	if _, err := second.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL); err == nil {
		t.Error("a name that is taken was made")
	}
	if err := second.Rename(name, "refund021126_02.txt"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"refund021126_02.txt"}, fileNames(s.Gateway)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	big, err := second.Create("big.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := big.WriteAt([]byte("x"), 32<<20); err == nil {
		t.Error("a file above the limit")
	}
}

// Rows are what they were when they were released, also for an upload that
// began before.
func TestUploadsEndWithTheRelease(t *testing.T) {
	o := withUser()
	o.Bulk = sandbox.Manual
	s := sandbox.Start(t, o)
	address, hostKey := s.SFTP(t)
	c := sftpLogin(t, address, hostKey)
	f, err := c.Create("refund021126_01.txt")
	if err != nil {
		t.Fatal(err)
	}
	if err := create(c, "refund021126_01.run"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "11111111,11223344,500,208\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err == nil {
		t.Error("rows were written after the release")
	}
	for _, file := range s.Gateway.BulkFiles() {
		if len(file.Data) > 0 {
			t.Errorf("%s holds %q", file.Name, file.Data)
		}
	}
}

// What a cut connection leaves is what arrived, and it is in the store.
func TestCutUploadsStayTruncated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	o := withUser()
	o.Store, o.Now = path, noon
	g, err := sandbox.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	hostKey, err := g.HostKey()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- sandbox.ServeSFTP(ctx, ln, g) }()
	conn, err := sshLogin(t, ln.Addr().String(), hostKey, "shop", "secret")
	if err != nil {
		t.Fatal(err)
	}
	c, err := sftp.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Create("refund021126_01.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "11111111,112"); err != nil {
		t.Fatal(err)
	}
	conn.Close() // and the file was not
	stop()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	shut(t, g)
	g, err = sandbox.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, g)
	if files := g.BulkFiles(); len(files) != 1 || string(files[0].Data) != "11111111,112" {
		t.Errorf("the directory holds %q", files)
	}
	if again, err := g.HostKey(); err != nil || again != hostKey {
		t.Errorf("the host key after a restart is %s, %v; it was %s", again, err, hostKey)
	}
}

// Data connections are on the address that the server listens on, and nowhere
// else.
func TestFTPDataConnectionsAreLocal(t *testing.T) {
	s := sandbox.Start(t, withUser())
	address, _ := s.FTP(t)
	var dialled []string
	c, err := ftp.Dial(address, ftp.DialWithDialFunc(func(network, to string) (net.Conn, error) {
		dialled = append(dialled, to)
		conn, err := net.Dial(network, to)
		if err != nil || len(dialled) == 1 {
			return conn, err
		}
		_, port, _ := net.SplitHostPort(to)
		if other, err := net.Dial("tcp", "127.0.0.2:"+port); err == nil {
			other.Close()
			t.Error("a data connection is open on other addresses, too")
		}
		return conn, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Quit()
	if err := c.Login("shop", "secret"); err != nil {
		t.Fatal(err)
	}
	if err := c.Stor("notes.txt", strings.NewReader("a\r\nb\r\n")); err != nil {
		t.Fatal(err)
	}
	if names, err := c.NameList(""); err != nil || len(names) != 1 {
		t.Errorf("listed %q, %v", names, err)
	}
	if len(dialled) != 3 {
		t.Errorf("dialled %q", dialled)
	}
	for name, err := range map[string]error{
		"a folder":   c.MakeDir("folder"),
		"a response": c.Stor("response_refund021126_01.run", strings.NewReader("")),
		"no file":    c.Delete("none.txt"),
	} {
		if err == nil {
			t.Errorf("%s: allowed", name)
		}
	}
}

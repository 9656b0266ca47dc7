package cli

import (
	"crypto/ed25519"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"flexform/schema"
)

// serveAgent runs an SSH agent that holds keys, and returns its socket.
func serveAgent(t *testing.T, keys ...ed25519.PrivateKey) string {
	t.Helper()
	ring := agent.NewKeyring()
	for i := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: &keys[i]}); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("", "flexform") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // what is left is in the system's folder for such files
	socket := filepath.Join(dir, "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn) }() // ends with the connection
		}
	}()
	return socket
}

func TestSigningKey(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys := map[string]ed25519.PrivateKey{}
	public := func(name string) ssh.PublicKey {
		t.Helper()
		key, err := ssh.NewPublicKey(keys[name].Public())
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	var signers []schema.Signer
	for _, name := range []string{"anna", "bo", "stranger"} {
		_, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = private
		write(name+".pub", ssh.MarshalAuthorizedKey(public(name)))
		if name != "stranger" {
			signers = append(signers, schema.Signer{Principals: []string{name}, Key: public(name)})
		}
	}
	block, err := ssh.MarshalPrivateKey(keys["anna"], "")
	if err != nil {
		t.Fatal(err)
	}
	write("anna", pem.EncodeToMemory(block))
	if block, err = ssh.MarshalPrivateKeyWithPassphrase(keys["bo"], "", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	write("bo", pem.EncodeToMemory(block))
	write("nonsense", []byte("x"))
	for name, tt := range map[string]struct {
		agent []string // whose keys it holds; nil: there is none
		file  string
		want  string
		says  string // of the error
	}{
		"a private key":                         {file: "anna", want: "anna"},
		"a private key, whatever the agent has": {agent: []string{"bo"}, file: "anna", want: "anna"},
		"a passphrase":                          {file: "bo", says: "ssh-add"},
		"a passphrase, and the agent has it":    {agent: []string{"anna", "bo"}, file: "bo", want: "bo"},
		"no key at all":                         {file: "nonsense", says: "is not an SSH key"},
		"no file":                               {file: "none", says: "cannot be read"},
		"the agent's only one":                  {agent: []string{"stranger", "bo"}, want: "bo"},
		"several of the agent's":                {agent: []string{"anna", "bo"}, says: "--key FILE.pub"},
		"one of several":                        {agent: []string{"anna", "bo"}, file: "bo.pub", want: "bo"},
		"one that the agent has not":            {agent: []string{"anna"}, file: "bo.pub", says: "no key of the allowed signers that fits"},
		"a stranger's of the agent":             {agent: []string{"stranger"}, says: "no key of the allowed signers that fits"},
		"no agent":                              {says: "there is no SSH agent"},
	} {
		t.Run(name, func(t *testing.T) {
			set := map[string]string{}
			if tt.agent != nil {
				var held []ed25519.PrivateKey
				for _, name := range tt.agent {
					held = append(held, keys[name])
				}
				set["SSH_AUTH_SOCK"] = serveAgent(t, held...)
			}
			if tt.file != "" {
				tt.file = filepath.Join(dir, tt.file)
			}
			who, key, err := (&app{env: envOf(set)}).signingKey("approve", signers, tt.file)
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("signingKey = %v, want %q", err, tt.says)
				}
				return
			}
			if err != nil || who.Principals[0] != tt.want || string(key.PublicKey().Marshal()) != string(public(tt.want).Marshal()) {
				t.Fatalf("signingKey = %+v, %v, want %s", who, err, tt.want)
			}
			if signature, err := key.Sign(nil, []byte("x")); err != nil || public(tt.want).Verify([]byte("x"), signature) != nil {
				t.Errorf("the key does not sign: %v", err)
			}
		})
	}
}

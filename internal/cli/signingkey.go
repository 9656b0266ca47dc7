package cli

import (
	"bytes"
	"errors"
	"fmt"
	"net"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"flexform/internal/report"
	"flexform/schema"
)

// signingKey finds a key of one of the signers: in a private key file, or in
// the agent. The agent may hold others, which are not touched. Command is for
// messages.
func (a *app) signingKey(command string, signers []schema.Signer, file string) (schema.Signer, ssh.Signer, error) {
	if file == "" {
		return a.agentKey(command, signers, nil)
	}
	data := readSmall(file)
	if data == nil {
		return schema.Signer{}, nil, fmt.Errorf("%s: the key file %s cannot be read; nothing was signed", command, file)
	}
	if public, _, _, _, err := ssh.ParseAuthorizedKey(data); err == nil {
		return a.agentKey(command, signers, public)
	}
	key, err := ssh.ParsePrivateKey(data)
	if locked, ok := errors.AsType[*ssh.PassphraseMissingError](err); ok {
		if locked.PublicKey != nil {
			if who, key, err := a.agentKey(command, signers, locked.PublicKey); err == nil {
				return who, key, nil
			}
		}
		return schema.Signer{}, nil, fmt.Errorf("%s: the key %s has a passphrase. Give it to the agent, then run the command again; nothing was signed:\n\n  ssh-add %s", command, file, report.ShellWord(file))
	}
	if err != nil {
		return schema.Signer{}, nil, fmt.Errorf("%s: %s is not an SSH key: %v; nothing was signed", command, file, err)
	}
	who, ok := signerOf(signers, key.PublicKey())
	if !ok {
		return schema.Signer{}, nil, fmt.Errorf("%s: the key %s (%s) is not one of the allowed signers'; nothing was signed", command, file, ssh.FingerprintSHA256(key.PublicKey()))
	}
	return who, key, nil
}

func signerOf(signers []schema.Signer, key ssh.PublicKey) (schema.Signer, bool) {
	for _, s := range signers {
		if bytes.Equal(s.Key.Marshal(), key.Marshal()) {
			return s, true
		}
	}
	return schema.Signer{}, false
}

// agentKey finds a signer's key in the agent: the wanted one, or with nil the
// only one that there is.
func (a *app) agentKey(command string, signers []schema.Signer, wanted ssh.PublicKey) (who schema.Signer, key ssh.Signer, err error) {
	const hint = "name a private key file with --key, or sign with ssh-keygen: see approve --print; nothing was signed"
	socket := a.env.value("SSH_AUTH_SOCK")
	if socket == "" {
		return who, nil, fmt.Errorf("%s: there is no SSH agent (SSH_AUTH_SOCK): %s", command, hint)
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return who, nil, fmt.Errorf("%s: the SSH agent does not answer: %w; %s", command, err, hint)
	}
	// The key needs the connection until the command ends, which closes it.
	keys, err := agent.NewClient(conn).Signers()
	if err != nil {
		return who, nil, errors.Join(fmt.Errorf("%s: the SSH agent: %w; %s", command, err, hint), conn.Close())
	}
	found := 0
	for _, k := range keys {
		s, ok := signerOf(signers, k.PublicKey())
		if !ok || wanted != nil && !bytes.Equal(wanted.Marshal(), k.PublicKey().Marshal()) {
			continue
		}
		who, key = s, k
		found++
	}
	switch {
	case found == 0:
		return who, nil, fmt.Errorf("%s: the SSH agent has no key of the allowed signers that fits: %s", command, hint)
	case found > 1:
		return who, nil, fmt.Errorf("%s: the SSH agent has several keys of the allowed signers: say which one with --key FILE.pub; nothing was signed", command)
	}
	return who, key, nil
}

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"

	"flexform/schema"
)

// configuredKey is the SSH key that the user's own configuration of git says to
// sign with; nil when it says none. What a repository says is not looked at: it
// may be a stranger's, and a key is not its to choose. No program is run to sign.
func (a *app) configuredKey(ctx context.Context, dir string) (ssh.Signer, error) {
	value := func(name string) string {
		text, _ := gitOutput(ctx, a.env, dir, "config", "--global", "--get", name)
		return text
	}
	if value("gpg.format") != "ssh" {
		return nil, nil
	}
	name := value("user.signingkey")
	if name == "" {
		return nil, nil
	}
	literal := strings.TrimPrefix(name, "key::")
	if public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(literal)); err == nil {
		return a.keyOf(public)
	}
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		name = filepath.Join(a.env.value("HOME"), rest)
	}
	return a.anchorKey(name)
}

// anchorKey finds the key that a file holds or names: itself, or in the agent.
func (a *app) anchorKey(file string) (ssh.Signer, error) {
	data := readSmall(file)
	if public, _, _, _, err := ssh.ParseAuthorizedKey(data); err == nil {
		// As ssh-keygen does: the private key beside it, or the agent's.
		key, err := ssh.ParsePrivateKey(readSmall(strings.TrimSuffix(file, ".pub")))
		if err == nil && bytes.Equal(key.PublicKey().Marshal(), public.Marshal()) {
			return key, nil
		}
		return a.keyOf(public)
	}
	key, err := ssh.ParsePrivateKey(data)
	if locked, ok := errors.AsType[*ssh.PassphraseMissingError](err); ok && locked.PublicKey != nil {
		return a.keyOf(locked.PublicKey)
	}
	if err != nil {
		if _, missing := os.Stat(file); missing != nil {
			err = unwrapped(missing)
		}
		return nil, fmt.Errorf("audit anchor: %s is not an SSH key that can be used: %w; nothing was signed", file, err)
	}
	return key, nil
}

// keyOf finds the private key of a public one in the agent.
func (a *app) keyOf(public ssh.PublicKey) (ssh.Signer, error) {
	_, key, err := a.agentKey("audit anchor", []schema.Signer{{Key: public}}, public)
	return key, err
}

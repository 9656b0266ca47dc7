package cli

import (
	"errors"
	"fmt"

	"flexform/dibs"
)

// explainLogin adds to a refused login which variables hold it.
func (a *app) explainLogin(conn *connection, err error) error {
	var login *dibs.LoginError
	if !errors.As(err, &login) {
		return err
	}
	for _, m := range conn.config.Merchants {
		secrets, readErr := readCredentials(a.env, m)
		if readErr != nil || secrets.user != login.User {
			continue
		}
		return fmt.Errorf("%w; no second try was made, and no money was moved by it. Correct the password before running again. If it is right, refusals of before may have locked the user: wait half an hour, or ask DIBS. It comes from:\n\n  %s\n  %s", err, variable(m.Name, "USER"), variable(m.Name, "PASSWORD"))
	}
	return err
}

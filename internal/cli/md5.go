package cli

import (
	"errors"
	"fmt"
	"strings"

	"flexform/apply"
	"flexform/dibs"
	"flexform/schema"
)

// refusedMD5 reports whether err is the gateway's no to a call for its MD5 key.
// Neither the code nor the text of that is documented (flexwin.md 3), so this
// chooses the advice for people and nothing else.
func refusedMD5(err error) bool {
	text := ""
	if handling, ok := errors.AsType[*dibs.DeclinedError](err); ok {
		text = handling.Message
	} else if auth, ok := errors.AsType[*dibs.AuthDeclinedError](err); ok {
		text = auth.Message
	}
	return strings.Contains(strings.ToLower(text), "md5")
}

// explainMD5 adds to the refusal of a call for its MD5 key which variables hold
// the keys of merchant m.
func (a *app) explainMD5(m schema.Merchant, err error) error {
	if !refusedMD5(err) {
		return err
	}
	return fmt.Errorf("%w. %s", err, a.md5Advice(m))
}

func (a *app) md5Advice(m schema.Merchant) string {
	what := "The MD5 keys of merchant %q are not those that the gateway has, or stand in the wrong order."
	if secrets, err := readCredentials(a.env, m); err == nil && secrets.key1.Empty() {
		what = "Merchant %q has no MD5 keys, and this gateway wants its calls signed."
	}
	return fmt.Sprintf(what+" No money was moved by it. The keys are in the DIBS administration, under Integration; they come from:\n\n  %s\n  %s", m.Name, variable(m.Name, "MD5_KEY1"), variable(m.Name, "MD5_KEY2"))
}

// adviseMD5 returns what there is to say of calls that were declined for their
// MD5 key; nil when none was.
func (a *app) adviseMD5(cfg *schema.Config, declined []apply.ActionResult) error {
	for _, action := range declined {
		if m, ok := cfg.Merchant(action.Action.Merchant); ok && refusedMD5(action.Err) {
			return errors.New(a.md5Advice(m))
		}
	}
	return nil
}

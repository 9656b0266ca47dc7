package apply

import (
	"context"
	"fmt"

	"flexform/dibs"
)

// reauthorise has an authorisation approved again. It is not documented
// whether that gives the payment another number (flexwin.md 5.3). If it ever
// does, what was planned for the old one must not go on: a person has to look.
func reauthorise(ctx context.Context, g Gateway, id dibs.TransactID) (dibs.Receipt, error) {
	a, err := g.Reauth(ctx, id)
	if err != nil {
		return dibs.Receipt{}, err
	}
	if len(a.Transacts) != 1 || a.Transacts[0] != id {
		return dibs.Receipt{}, &dibs.UncertainError{
			Service: "reauth.cgi", Transact: id, Reply: a.Reply,
			Err: fmt.Errorf("it was accepted as transaction %v: look both up in the DIBS administration", a.Transacts),
		}
	}
	return dibs.Receipt{Result: dibs.ResultAccepted, Transact: id, Reply: a.Reply}, nil
}

package plan

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"flexform/statefile"
)

// deletion returns the step of a delete, in which there is no money.
func (a Action) deletion() (statefile.Step, error) {
	if a.Currency != "" || a.AmountMinor != 0 || a.FromMinor != 0 || a.ToMinor != 0 {
		return statefile.Step{}, errors.New("a delete with an amount")
	}
	return statefile.Step{Key: a.Key(), Verb: a.Verb}, nil
}

// checkTicket finds what no Build can have made of a ticket.
func (a Action) checkTicket() error {
	step, err := a.Step()
	if err != nil {
		return err
	}
	charge := a.Verb == statefile.Charge
	switch {
	case a.Address == "" || a.Merchant == "" || a.Transact == "" || charge && a.OrderID == "":
		return errors.New("a name is missing")
	case !charge && a.OrderID != "":
		return errors.New("a delete of an order")
	case !utf8.ValidString(a.Address + a.Merchant + a.Transact + a.OrderID + a.Reason):
		return errors.New("text that is not UTF-8")
	case charge && (!step.From.Zero() || step.To.Zero() || a.ToMinor != a.AmountMinor):
		return errors.New("a charge of a part, or of nothing")
	case !charge && a.Capture:
		return errors.New("a delete that captures")
	case a.Attempt < 1:
		return errors.New("attempts count from 1")
	case a.Class != SelfLimiting:
		return fmt.Errorf("a %s that is %s", a.Verb, a.Class)
	}
	return nil
}

// A chargeCheck sees to it that a plan charges each order of a merchant once,
// and does nothing else to a ticket that it charges.
type chargeCheck struct {
	of     map[statefile.Key]bool // tickets that are charged
	orders map[[2]string]bool     // by merchant and order id
	named  map[statefile.Key]bool // what other actions are about
}

func newCharges(named map[statefile.Key]bool) chargeCheck {
	return chargeCheck{map[statefile.Key]bool{}, map[[2]string]bool{}, named}
}

func (c chargeCheck) add(a Action) error {
	key, order := a.Key(), [2]string{a.Merchant, a.OrderID}
	switch {
	case c.orders[order]:
		return fmt.Errorf("order %q of merchant %s is charged twice", a.OrderID, a.Merchant)
	case c.named[key]:
		return fmt.Errorf("ticket %s is charged and something else is done to it", key)
	}
	c.of[key], c.orders[order] = true, true
	return nil
}

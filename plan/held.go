package plan

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"flexform/money"
	"flexform/statefile"
)

// A Held is an action of an earlier run whose outcome is not known. Whether or
// not its transaction is still declared, it holds its amount until it is
// settled (hazards R13).
type Held struct {
	Action   string         `json:"action_id"`
	Address  string         `json:"address"`
	Merchant string         `json:"merchant"`
	Transact string         `json:"transact"`
	OrderID  string         `json:"orderid"` // of a charge; else empty
	Verb     statefile.Verb `json:"action"`
	Currency string         `json:"currency"` // empty for a delete
	Minor    int64          `json:"minor"`
	Batch    string         `json:"batch,omitempty"` // the bulk file that carries it
}

// HeldBy lists what the undecided actions of a ledger hold.
func HeldBy(undecided []statefile.Action) []Held {
	var held []Held
	for _, a := range undecided {
		h := Held{
			Action: a.ID, Address: a.Address, Merchant: a.Merchant, Transact: a.Transact, OrderID: a.OrderID,
			Verb: a.Verb, Batch: a.Batch,
		}
		if amount, err := a.Amount(); err == nil {
			h.Currency, h.Minor = amount.Currency().Code(), amount.Minor()
		}
		held = append(held, h)
	}
	return held
}

// Command is the command that records a person's decision about h, or about
// the whole bulk file that carries it.
func (h Held) Command() string {
	if h.Batch != "" {
		return resolveCommand(h.Batch)
	}
	return resolveCommand(h.Action)
}

// SumHeld totals what is held by currency and verb, in that order.
func SumHeld(held []Held) []Sum {
	actions := make([]Action, len(held))
	for i, h := range held {
		actions[i] = Action{Currency: h.Currency, Verb: h.Verb, ToMinor: h.Minor}
	}
	return summarise(actions)
}

// Unknown reports whether the outcome of any action was unknown when the plan
// was made, be its transaction declared or not.
func (p *Plan) Unknown() bool { return p.Envelope.Counts.Unknown > 0 || len(p.Envelope.Held) > 0 }

// check finds what no ledger can hold.
func (h Held) check() error {
	switch {
	case h.Action == "" || h.Merchant == "" || h.Transact == "":
		return errors.New("a name is missing")
	case !utf8.ValidString(h.Action + h.Address + h.Merchant + h.Transact + h.OrderID + h.Batch):
		return errors.New("text that is not UTF-8")
	case !h.Verb.Valid():
		return fmt.Errorf("unknown action %q", h.Verb)
	case h.Verb == statefile.Delete && h.Currency == "" && h.Minor == 0:
		return nil
	}
	c, err := money.ParseCurrency(h.Currency)
	if err == nil && c.Code() != h.Currency {
		err = fmt.Errorf("currency %q is not written as %q", h.Currency, c)
	}
	if err == nil {
		_, err = money.New(h.Minor, c)
	}
	return err
}

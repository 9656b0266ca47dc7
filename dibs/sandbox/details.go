package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"

	"flexform/money"
)

// Details are what the gateway keeps of an authorisation besides its money.
// Card numbers and CVCs are not among them: what is left of a card is its
// first six digits and its last four behind a mask. A seed has no details.
type Details struct {
	Account    string       `json:"account,omitempty"`    // sub-account, to be repeated by later calls
	CardPrefix string       `json:"cardprefix,omitempty"` // first six digits
	CardMask   string       `json:"cardmask,omitempty"`   // last four digits behind Xs
	CardExpiry string       `json:"cardexpiry,omitempty"` // YYMM
	Fee        money.Amount `json:"-"`                    // part of the authorised amount; zero value: none
	Reason     string       `json:"reason,omitempty"`     // why it was declined (flexwin.md 4.3)
	Ticket     string       `json:"ticket,omitempty"`     // the stored card that it was made from
	Base       string       `json:"base,omitempty"`       // split capture: the authorisation that it takes a part of
	Parts      []string     `json:"parts,omitempty"`      // split capture: what was taken of this one, oldest first
	Siblings   []string     `json:"siblings,omitempty"`   // split authorisation: all that came of it, this one included
	Form       Params       `json:"form,omitempty"`       // fields as submitted, order information included
	Callback   string       `json:"callback,omitempty"`   // what callback.cgi says of it, frozen
	NullAuth   bool         `json:"nullauth,omitempty"`   // nothing is reserved before suppl_auth.cgi or the capture
	Fails      script       `json:"fails,omitzero"`
	Bank       Bank         `json:"bank,omitzero"` // waits, or waited, for the customer
}

// storedDetails is the form of [Details] in a store.
type storedDetails struct {
	Details
	FeeMinor int64 `json:"fee_minor,omitempty"`
}

func (d Details) store() (string, error) {
	text, err := json.Marshal(storedDetails{d, d.Fee.Minor()})
	return string(text), err
}

// restoreDetails reads what store wrote, of a transaction in this currency.
func restoreDetails(text string, currency money.Currency) (Details, error) {
	var s storedDetails
	err := json.Unmarshal([]byte(text), &s)
	if err == nil && s.FeeMinor != 0 {
		s.Fee, err = money.New(s.FeeMinor, currency)
	}
	if err != nil {
		return Details{}, fmt.Errorf("details: %w", err)
	}
	return s.Details, nil
}

func (d Details) copy() Details {
	d.Parts, d.Siblings, d.Form = slices.Clone(d.Parts), slices.Clone(d.Siblings), slices.Clone(d.Form)
	return d
}

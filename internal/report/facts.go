package report

import (
	"bufio"
	"cmp"
	"fmt"
	"strings"

	"flexform/dibs"
)

// Facts are what the gateway tells of the payment behind a transaction, as of
// its authorisation. They decide nothing.
type Facts struct {
	PayType  string         // of cardtype.pml; empty when that was not told
	Callback *dibs.Callback // of callback.cgi; nil when that was not told
	Notes    []string       // why something is missing
}

// writePaymentFacts writes the facts of the rows that have some.
func writePaymentFacts(b *bufio.Writer, rows []StatusRow, s Style) {
	for _, r := range rows {
		if r.Facts == nil {
			continue
		}
		fmt.Fprintf(b, "  %s  %s, order %s\n", s.paint(inkBold, Ident(r.Declared.Address)), Ident(cmp.Or(r.Transact, "-")), Ident(r.Declared.OrderID))
		for _, f := range r.Facts.lines() {
			writeHanging(b, "      "+padRight(f.label, 13)+"  ", f.lines[0], s.Width)
		}
		b.WriteByte('\n')
	}
}

// lines puts the facts into words, those that are there.
func (f *Facts) lines() []fact {
	var facts []fact
	line := func(label, text string) {
		if text != "" {
			facts = append(facts, fact{label: label, lines: []string{text}})
		}
	}
	line("paytype", Ident(cmp.Or(f.PayType, f.callback().PayType)))
	if cb := f.Callback; cb != nil {
		line("acquirer", joined(", ", Ident(cb.Acquirer), labelled("merchant number", cb.AcquirerMerchant), labelled("agreement", cb.Agreement)))
		line("card", joined(", ", Ident(cardText(cb.Card)), labelled("expires (YYMM)", cb.Card.Expiry), labelled("country", cb.Card.Country)))
		line("3-D Secure", Ident(cb.ThreeDStatus))
		line("approval", Ident(cb.ApprovalCode))
		if cb.Suspect {
			line("suspect", fmt.Sprintf("a rule against fraud was met, severity %d", cb.Severity))
		}
		if cb.Fee.Valid() {
			line("fee", cb.Fee.String())
		}
	}
	for _, note := range f.Notes {
		line("not told", Visible(note))
	}
	return facts
}

func (f *Facts) callback() dibs.Callback {
	if f.Callback == nil {
		return dibs.Callback{}
	}
	return *f.Callback
}

// cardText is what is known of a card's number: the first six digits and the
// last four at most.
func cardText(c dibs.CardFacts) string {
	last := strings.TrimLeft(c.Masked, "X*")
	if c.Prefix == "" || last == "" || len(last) > 4 {
		return cmp.Or(c.Masked, c.Prefix)
	}
	return c.Prefix + "..." + last
}

func labelled(label, value string) string {
	if value == "" {
		return ""
	}
	return label + " " + Ident(value)
}

func joined(separator string, parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, separator)
}

type jsonFacts struct {
	PayType          string   `json:"paytype,omitempty"`
	Acquirer         string   `json:"acquirer,omitempty"`
	AcquirerMerchant string   `json:"acquirer_merchant,omitempty"`
	Agreement        string   `json:"agreement,omitempty"`
	CardPrefix       string   `json:"card_prefix,omitempty"`
	CardMask         string   `json:"card_mask,omitempty"`
	CardExpiry       string   `json:"card_expiry_yymm,omitempty"`
	CardCountry      string   `json:"card_country,omitempty"`
	ThreeDStatus     string   `json:"three_d_status,omitempty"`
	ApprovalCode     string   `json:"approval_code,omitempty"`
	Suspect          bool     `json:"suspect,omitempty"`
	Severity         int      `json:"severity,omitempty"`
	Notes            []string `json:"notes,omitempty"`
}

func newJSONFacts(f *Facts) *jsonFacts {
	if f == nil {
		return nil
	}
	cb := f.callback()
	return &jsonFacts{
		PayType: cmp.Or(f.PayType, cb.PayType), Acquirer: cb.Acquirer, AcquirerMerchant: cb.AcquirerMerchant, Agreement: cb.Agreement,
		CardPrefix: cb.Card.Prefix, CardMask: cb.Card.Masked, CardExpiry: cb.Card.Expiry, CardCountry: cb.Card.Country,
		ThreeDStatus: cb.ThreeDStatus, ApprovalCode: cb.ApprovalCode, Suspect: cb.Suspect, Severity: cb.Severity, Notes: f.Notes,
	}
}

package dibs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"flexform/money"
)

// FindService returns the service of that name. The error names the one that
// may be meant.
func FindService(name string) (Service, error) {
	var names []string
	for _, s := range Services() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Service{}, fmt.Errorf("the gateway has no service \"%s\"%s", shown(name), meant(name, names))
}

// check returns every mistake in the parameters of a call.
func (s Service) check(parameters map[string]string, signs bool) error {
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if err := s.checkParameter(name, parameters[name], signs); err != nil {
			wrong = append(wrong, err)
		}
	}
	for _, p := range s.Parameters {
		covered := signs && slices.Contains(s.signed, p.Name)
		switch _, given := parameters[p.Name]; {
		case given:
		case p.Required:
			wrong = append(wrong, fmt.Errorf("%s is missing (%s)", p.Name, p.Doc))
		case covered:
			wrong = append(wrong, fmt.Errorf("%s is missing (the MD5 key covers it)", p.Name))
		}
	}
	return errors.Join(wrong...)
}

func (s Service) checkParameter(name, value string, signs bool) error {
	switch name {
	case "merchant", "account", "textreply", "md5key":
		return fmt.Errorf("%s is filled in from the configuration: leave it out", name)
	}
	if cardData(name) {
		return fmt.Errorf("%s is card data, which must not stand on a command line or in its history (PCI DSS): a program sends it with dibs.Client.Auth", shown(name))
	}
	var names []string
	for _, p := range s.Parameters {
		if names = append(names, p.Name); p.Name != name {
			continue
		}
		if maskCards(value) != value {
			return fmt.Errorf("%s holds what looks like a card number", name)
		}
		if err := p.check(value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		switch {
		case p.Values != nil && !slices.Contains(p.Values, value):
			return fmt.Errorf("%s: %q is not one of %s", name, value, strings.Join(p.Values, ", "))
		case signs && slices.Contains(s.signed, name) && strings.ContainsAny(value, "&=%"):
			return fmt.Errorf("%s holds &, = or %%, which make the MD5 signature ambiguous", name)
		}
		return nil
	}
	return fmt.Errorf("%s has no parameter \"%s\"%s", s.Name, shown(name), meant(name, names))
}

// shown makes what somebody typed fit for a message.
func shown(text string) string { return maskCards(escape(text, 100)) }

// cardData reports whether a parameter holds what only a card's owner knows.
func cardData(name string) bool {
	switch strings.ToLower(name) {
	case "cardno", "cvc", "expmon", "expyear", "cardnumber", "cvv":
		return true
	}
	return false
}

func checkText(value string) error {
	if value == "" || len(value) > 100 || !printable(value) {
		return errors.New("not 1 to 100 characters of printable ASCII")
	}
	return nil
}

func checkNumber(value string) error {
	if !number(value) || len(value) > 9 {
		return fmt.Errorf("\"%s\" is not a whole number from 1 on", shown(value))
	}
	return nil
}

func checkMinor(value string) error {
	minor, err := strconv.ParseInt(value, 10, 64)
	if !number(value) || err != nil || minor > money.MaxMinor {
		return fmt.Errorf("\"%s\" is not an amount in minor units, 5000 for 50.00", shown(value))
	}
	return nil
}

func checkCurrency(value string) error {
	c, err := money.ParseCurrency(value)
	if err == nil && value != c.Code() && value != c.Number() {
		return fmt.Errorf("\"%s\" is written %s or %s", shown(value), c.Code(), c.Number())
	}
	return err
}

// meant returns the end of a message that names what was perhaps meant by an
// unknown name, "" when nothing is near.
func meant(name string, names []string) string {
	name = strings.ToLower(name)
	stem, _, _ := strings.Cut(name, ".")
	best, nearest := "", 3
	for _, known := range names {
		base, _, _ := strings.Cut(known, ".")
		if d := min(edits(name, known), edits(stem, base)); d < nearest && d*2 < len(base) {
			best, nearest = known, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// edits counts the letters to put in, take out or change to make b of a.
func edits(a, b string) int {
	if len(a) > 100 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}

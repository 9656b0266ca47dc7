package sandbox

import (
	"maps"
	"slices"
	"strings"
)

// isCardField reports whether a parameter of this name belongs to a card and
// is read once, neither kept nor sent back nor logged.
func isCardField(name string) bool {
	switch name {
	case "cardno", "cvc", "expmon", "expyear", "cardnumber", "pan", "cvv", "cvv2", "cvc2", "cid":
		return true
	}
	return false
}

// isSecretField reports whether a parameter of this name is kept from the book.
func isSecretField(name string) bool {
	return isCardField(name) || name == "md5key" || name == "password"
}

// form returns the submitted fields that may be kept, by name: all of the
// order information (flexwin.md 9.4), nothing of the card. A card number that
// strayed into another field is masked.
func (q query) form() Params {
	form := Params{}
	for _, name := range slices.Sorted(maps.Keys(q.params)) {
		if name == "" || isSecretField(name) {
			continue
		}
		form = append(form, Param{decodeText(name), q.withoutCard(q.text(name))})
	}
	return form
}

// withoutCard masks a value that is, or holds, the number of the query's card,
// and one that passes for a card number by itself.
func (q query) withoutCard(value string) string {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(value)
	number := q.params["cardno"]
	if looksLikeCard(digits) || len(number) > 10 && strings.Contains(digits, number) {
		return "redacted"
	}
	return value
}

// looksLikeCard reports whether s is 13 to 19 digits that pass the modulus
// check of card numbers.
func looksLikeCard(s string) bool {
	if !isNumber(s, 13, 19) {
		return false
	}
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

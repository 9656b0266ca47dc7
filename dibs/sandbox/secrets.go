package sandbox

import "strings"

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
	for _, name := range q.echoed() {
		if name == "" || isSecretField(name) {
			continue
		}
		form = append(form, Param{q.sent(name), q.repeated(name)})
	}
	return form
}

// repeated returns the value of a parameter as it may be kept and sent back. An
// order id that is made of a time may pass for a card number, and without it
// the shop would not know its order again.
func (q query) repeated(name string) string {
	if value := q.text(name); name == "orderid" && !q.holdsCard(value) {
		return value
	}
	return q.withoutCard(q.text(name))
}

// withoutCard masks a value that is, or holds, the number of the query's card,
// and one that passes for a card number by itself.
func (q query) withoutCard(value string) string {
	if looksLikeCard(digitGroups.Replace(value)) || q.holdsCard(value) {
		return "redacted"
	}
	return value
}

// holdsCard reports whether a value holds the number of the query's card.
func (q query) holdsCard(value string) bool {
	number := q.params["cardno"]
	return len(number) > 10 && strings.Contains(digitGroups.Replace(value), number)
}

// digitGroups closes the gaps that people leave in a card's number.
var digitGroups = strings.NewReplacer(" ", "", "-", "")

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

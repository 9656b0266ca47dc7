package dibs

import (
	"context"
	"errors"
)

// CardType asks which kind of card paid for a transaction, as one of the
// paytype codes of flexwin.md 4.6, such as "VISA(DK)" (flexwin.md 6.7). It
// needs no login. The error is a [*NotFoundError], or says why the gateway
// could not be read.
func (c *Client) CardType(ctx context.Context, id TransactID) (string, error) {
	q := question{service: cardTypePML, what: "transaction " + id.shown()}
	if err := checkTransact(id); err != nil {
		return "", q.failed(err)
	}
	q.form = c.named(id)
	return look(ctx, c, q, readCardType)
}

func readCardType(body string, whole bool) (string, error) {
	word, err := readWord(body, whole)
	switch {
	case err != nil:
		return "", err
	case word == "0":
		return "", errNotFound
	case len(word) > 32 || !payTypeCode(word):
		return "", errors.New("the reply is no card type")
	}
	return word, nil
}

// payTypeCode reports whether s is spelled as the codes are: "S/T", "JEM_FIX",
// "VISA(DK)".
func payTypeCode(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case unreserved(c) && c != '.', c == '(', c == ')', c == '/':
		default:
			return false
		}
	}
	return s != "" && (s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z')
}

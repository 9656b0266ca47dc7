package dibs

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"flexform/money"
)

var signedRequests = flag.Int("signed", 5_000, "requests that TestSignedPairsDiffer compares, each with each other")

// R50: requests of every service that is signed, made of few and nasty parts so
// that many sign alike while nobody checks them. Of those that would be sent no
// two do: 5,000 requests are 12 million pairs.
func TestSignedPairsDiffer(t *testing.T) {
	chance := rand.New(rand.NewPCG(50, 50))
	seen, unchecked := map[string]string{}, map[string]string{}
	sent, alike := 0, 0
	for sent < *signedRequests {
		request, text, err := drawSigned(t, chance)
		if before, found := unchecked[text]; found && before != request {
			alike++
		}
		unchecked[text] = request
		if err != nil {
			continue // never signed
		}
		sent++
		if before, found := seen[text]; found && before != request {
			t.Fatalf("%s\nand %s\nsign %q", before, request, text)
		}
		seen[text] = request
	}
	if alike < *signedRequests/100 {
		t.Errorf("of the requests that are not checked only %d sign like another one: this test could not fail", alike)
	}
	t.Logf("%d requests, %d pairs of them, sign differently; of those that are refused, %d signed like another one", len(seen), len(seen)*(len(seen)-1)/2, alike)
}

// drawSigned returns a request as what the md5key has to cover, its signed text,
// and why it would not be sent. The protocol itself leaves out the account, a
// handling's currency, and which handling it is.
func drawSigned(t *testing.T, chance *rand.Rand) (request, text string, err error) {
	pick := func(from ...string) string { return from[chance.IntN(len(from))] }
	var orderID strings.Builder
	for range chance.IntN(4) {
		orderID.WriteString(pick("1", "2", "a", " ", "/", "=", "%26", "&transact=1", "&transact=2", "&amount=1", "&currency=208", "&ticket=1", "&preauth=true", "&orderid=1"))
	}
	number := func(next string) TransactID {
		if chance.IntN(3) > 0 {
			return TransactID(pick("1", "2", "11", "1234567890"))
		}
		return TransactID(pick("1", "2") + next + pick("1", "2"))
	}
	merchant, minor := pick("1", "11", "12345678"), int64(1+chance.IntN(12))
	var currency money.Currency
	if currency, err = money.ParseCurrency(pick("DKK", "SEK")); err != nil {
		t.Fatal(err)
	}
	amount, err := money.New(minor, currency)
	if err != nil {
		t.Fatal(err)
	}
	switch what := chance.IntN(4); what {
	case 0, 1:
		h := handling{service: []service{refundCGI, cancelCGI}[what], transact: number("&transact="), orderID: orderID.String()}
		request = fmt.Sprintf("handling by %q of %q, order %q", merchant, h.transact, h.orderID)
		if what == 0 {
			h.amount = amount
			request += " by " + h.minor()
		}
		return request, h.signedText(merchant), h.check(true)
	case 2:
		o := Order{OrderID: orderID.String(), Amount: amount, PreAuth: chance.IntN(2) == 0}
		return fmt.Sprintf("order %q of %q by %s, ticket %v", o.OrderID, merchant, amount, o.PreAuth), o.signedText(merchant), o.check(true)
	}
	r := TicketAuthRequest{Ticket: number("&ticket="), OrderID: orderID.String(), Amount: amount}
	return fmt.Sprintf("charge of %q by %q, order %q by %s", r.Ticket, merchant, r.OrderID, amount), r.signedText(merchant), r.check(true)
}

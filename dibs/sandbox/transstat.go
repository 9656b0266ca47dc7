package sandbox

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"strconv"
	"time"

	"flexform/money"
)

// A light is what transstat.cgi and transimg.cgi tell (flexwin.md 4.2).
type light int

const (
	lightRed    light = 0 // not found or not authorised
	lightYellow light = 1 // found, needs to be authorised again or confirmed
	lightGreen  light = 2 // captured, or ready to be
)

// transStat is transstat.cgi (flexwin.md 6.4).
func (g *Gateway) transStat(q query) answer {
	code := strconv.Itoa(int(g.lightOf(q)))
	return answer{body: code, result: code}
}

// transImg is transimg.cgi (flexwin.md 6.5): the same as an image. That it is a
// GIF was chosen; the documentation is silent.
func (g *Gateway) transImg(q query) answer {
	l := g.lightOf(q)
	return answer{body: lamp(l), kind: "image/gif", result: strconv.Itoa(int(l))}
}

// lightOf looks for a transaction that is exactly the one described. The amount
// is with or without the fee.
func (g *Gateway) lightOf(q query) light {
	r := g.described(q)
	amount, isAmount := parseMinor(q.text("amount"))
	if r == nil || !isAmount || amount != r.Amount.Minor() && amount != r.Amount.Minor()-r.Details.Fee.Minor() {
		return lightRed
	}
	return lightAt(r, q.call.Time)
}

// lightAt is the light of a transaction that was found: a deleted
// authorisation, and one too old to be captured, can be made good by reauth.cgi.
func lightAt(r *record, now time.Time) light {
	switch {
	case r.Status.holdsMoney(), r.Status == StatusSplitClosed:
		return lightGreen
	case r.Status == StatusAuthorised, r.Status == StatusSplitOpen:
		if mayAge(r, now, false) == resultAccepted {
			return lightGreen
		}
		return lightYellow
	case r.Status == StatusInserted, r.Status == StatusPostponed, r.Status == StatusAwaitingShop,
		r.Status == StatusCancelled, r.Status == StatusCaptureDeclined:
		return lightYellow
	}
	return lightRed
}

// described finds a transaction by merchant, number, order id, currency and,
// where one was stated at the authorisation, account; or returns nil.
func (g *Gateway) described(q query) *record {
	r, no := g.named(g.book, q)
	currency, err := money.ParseCurrency(q.text("currency"))
	if no != nil || err != nil || currency != r.Amount.Currency() || q.text("account") != r.Details.Account && r.Details.Account != "" {
		return nil
	}
	if orderID := cutOrderID(q.text("orderid")); orderID != r.OrderID {
		return nil
	}
	return r
}

// lamp draws a light as a GIF: a disc in a dark frame.
func lamp(l light) string {
	const size = 16
	lit := map[light]color.RGBA{
		lightRed: {R: 0xcc, A: 0xff}, lightYellow: {R: 0xff, G: 0xcc, A: 0xff}, lightGreen: {G: 0x99, A: 0xff},
	}[l]
	picture := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.RGBA{R: 0x22, G: 0x22, B: 0x22, A: 0xff}, lit})
	for y := range size {
		for x := range size {
			if dx, dy := 2*x-size+1, 2*y-size+1; dx*dx+dy*dy < (size-2)*(size-2) {
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := gif.Encode(&b, picture, nil); err != nil {
		panic(err) // a small picture into memory
	}
	return b.String()
}

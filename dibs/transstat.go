package dibs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // the formats that transimg.cgi may have
	_ "image/png"
	"strconv"
	"strings"
)

// A Light is what transstat.cgi says by number and transimg.cgi by colour
// (flexwin.md 4.2). The zero value is invalid.
type Light uint8

const (
	_           Light = iota
	LightRed          // not found, or not authorised
	LightYellow       // found; needs to be authorised again or confirmed
	LightGreen        // captured, or ready to be
)

// String returns the colour.
func (l Light) String() string {
	switch l {
	case LightRed:
		return "red"
	case LightYellow:
		return "yellow"
	case LightGreen:
		return "green"
	}
	return "no light"
}

// TransStat tells by number how a transaction stands (flexwin.md 6.4). One that
// there is not is [LightRed]. It needs no login. An error says why the gateway
// could not be read.
func (c *Client) TransStat(ctx context.Context, r DescribeRequest) (Light, error) {
	return c.light(ctx, transStatCGI, r, readTransStat)
}

// TransImg tells the same by the colour of an image (flexwin.md 6.5). Neither
// its format nor how it looks is documented: this reads a GIF or PNG of at most
// 64 KiB and 256 by 256 pixels, the first picture of an animation, and takes
// the one of the three hues that there is most of, if there is at least twice
// as much of it as of any other. Pale and dark pixels do not count. What is not
// that clear is an error. Prefer [Client.TransStat].
func (c *Client) TransImg(ctx context.Context, r DescribeRequest) (Light, error) {
	return c.light(ctx, transImgCGI, r, readTransImg)
}

func (c *Client) light(ctx context.Context, s service, r DescribeRequest, read func(string, bool) (Light, error)) (Light, error) {
	q := question{service: s, what: "transaction " + r.Transact.shown()}
	if err := r.check(); err != nil {
		return 0, q.failed(err)
	}
	q.form = c.named(r.Transact)
	q.form.add("amount", strconv.FormatInt(r.Amount.Minor(), 10))
	q.form.add("orderid", r.OrderID)
	q.form.add("currency", r.Amount.Currency().Number())
	return look(ctx, c, q, read)
}

// readTransStat reads a bare 0, 1 or 2. Nothing at all means not found, too.
func readTransStat(body string, whole bool) (Light, error) {
	r, err := readReply(body, whole)
	switch {
	case err == errEmpty:
		return LightRed, nil
	case err != nil:
		return 0, err
	}
	switch r.line {
	case "0":
		return LightRed, nil
	case "1":
		return LightYellow, nil
	case "2":
		return LightGreen, nil
	}
	return 0, errors.New("the reply is none of 0, 1 and 2")
}

// maxSide bounds an image before it is decoded: a small file may hold a large
// picture.
const maxSide = 256

func readTransImg(body string, _ bool) (Light, error) {
	config, _, err := image.DecodeConfig(strings.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("the reply is no GIF or PNG: %w", err)
	}
	if config.Width > maxSide || config.Height > maxSide {
		return 0, fmt.Errorf("the image of %d by %d pixels is larger than %d by %d", config.Width, config.Height, maxSide, maxSide)
	}
	picture, _, err := image.Decode(bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, fmt.Errorf("the image is damaged: %w", err)
	}
	return lightOf(picture)
}

// lightOf weighs the three hues of a picture by how vivid their pixels are, so
// that a lamp that is lit outweighs two that are not.
func lightOf(picture image.Image) (Light, error) {
	var weights [LightGreen + 1]int
	b := picture.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			l, weight := hue(picture.At(x, y))
			weights[l] += weight
		}
	}
	lit := LightRed
	for l := LightYellow; l <= LightGreen; l++ {
		if weights[l] > weights[lit] {
			lit = l
		}
	}
	for l := LightRed; l <= LightGreen; l++ {
		if weights[lit] == 0 || l != lit && weights[l]*2 > weights[lit] {
			return 0, errors.New("the image is neither clearly red nor yellow nor green")
		}
	}
	return lit, nil
}

// hue returns which light a colour is of and how vivid it is, or no light for
// one that is pale, dark or of another hue.
func hue(c color.Color) (Light, int) {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	r, g, b := int(n.R), int(n.G), int(n.B)
	high, low := max(r, g, b), min(r, g, b)
	vivid := high - low
	if n.A < 0x80 || high < 0x60 || vivid < 0x40 {
		return 0, 0
	}
	switch {
	case high == b: // blue, or towards it
		return 0, 0
	case high == r && (g-b)*60/vivid < 25 && (g-b)*60/vivid > -25: // degrees around pure red
		return LightRed, vivid
	case high == r && g >= b || high == g && (r-b)*60/vivid > 40: // orange to yellow
		return LightYellow, vivid
	case high == g:
		return LightGreen, vivid
	}
	return 0, 0
}

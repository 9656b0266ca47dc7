package dibs

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"strings"
	"testing"
)

var (
	red, amber, lime = color.RGBA{R: 0xcc, A: 0xff}, color.RGBA{R: 0xff, G: 0xcc, A: 0xff}, color.RGBA{G: 0x99, A: 0xff}
	dark             = color.RGBA{R: 0x22, G: 0x22, B: 0x22, A: 0xff}
)

// drawn is a dark picture with squares of these colours side by side.
func drawn(side int, squares ...color.Color) *image.RGBA {
	picture := image.NewRGBA(image.Rect(0, 0, side*max(1, len(squares)), side+2))
	for x := range picture.Rect.Dx() {
		for y := range side + 2 {
			picture.Set(x, y, dark)
			if y > 0 && y <= side && len(squares) > 0 {
				picture.Set(x, y, squares[x/side])
			}
		}
	}
	return picture
}

func asGIF(tb testing.TB, picture image.Image) string {
	tb.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, picture, nil); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func asPNG(tb testing.TB, picture image.Image) string {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// lamp is a GIF of one colour.
func lamp(tb testing.TB, c color.Color) string { return asGIF(tb, drawn(12, c)) }

func TestTransImgDecidesByColour(t *testing.T) {
	shade := func(c color.RGBA) color.RGBA { return color.RGBA{c.R / 4, c.G / 4, c.B / 4, 0xff} }
	tests := map[string]struct {
		body string
		want Light // 0: an error
	}{
		"red":                       {lamp(t, red), LightRed},
		"yellow":                    {lamp(t, amber), LightYellow},
		"green":                     {lamp(t, lime), LightGreen},
		"pure colours, as PNG":      {asPNG(t, drawn(9, color.RGBA{R: 0xff, G: 0xff, A: 0xff})), LightYellow},
		"bright red, as PNG":        {asPNG(t, drawn(9, color.RGBA{R: 0xff, G: 0x33, B: 0x33, A: 0xff})), LightRed},
		"bright green":              {lamp(t, color.RGBA{R: 0x33, G: 0xff, B: 0x33, A: 0xff}), LightGreen},
		"orange":                    {lamp(t, color.RGBA{R: 0xff, G: 0xa5, A: 0xff}), LightYellow},
		"three lamps, one lit":      {asPNG(t, drawn(9, shade(red), shade(amber), lime)), LightGreen},
		"three lamps, the top lit":  {asPNG(t, drawn(9, red, shade(amber), shade(lime))), LightRed},
		"one pixel on white":        {asPNG(t, drawn(9, color.White, red, color.White)), LightRed},
		"all three lit":             {asPNG(t, drawn(9, red, amber, lime)), 0},
		"red and green":             {asPNG(t, drawn(9, red, lime)), 0},
		"grey":                      {asPNG(t, drawn(9)), 0},
		"white":                     {asPNG(t, drawn(9, color.White)), 0},
		"blue":                      {lamp(t, color.RGBA{B: 0xff, A: 0xff}), 0},
		"violet":                    {lamp(t, color.RGBA{R: 0xff, B: 0xcc, A: 0xff}), 0},
		"red that is not there":     {asPNG(t, drawn(9, color.NRGBA{R: 0xff, A: 0x10})), 0},
		"too large a picture":       {asPNG(t, drawn(257, red)), 0},
		"a picture that is cut":     {lamp(t, red)[:60], 0},
		"only the beginning of one": {lamp(t, red)[:13], 0},
		"another format":            {"\xff\xd8\xff\xe0\x00\x10JFIF", 0},
		"text":                      {"2", 0},
		"a page":                    {"<html>Login problems?</html>", 0},
		"nothing":                   {"", 0},
	}
	gateway := play(t, nil)
	c := on(t, gateway.url)
	for name, tt := range tests {
		gateway.will(say(ok(tt.body)))
		got, err := c.TransImg(t.Context(), described(t))
		if got != tt.want || (err == nil) != (tt.want != 0) {
			t.Errorf("%s: %s, %v, want %s", name, got, err, tt.want)
		}
		if err != nil {
			fit(t, err.Error())
		}
	}
}

func TestTransStatReplies(t *testing.T) {
	for body, want := range map[string]Light{"": LightRed, "0": LightRed, "1\r\n": LightYellow, "2": LightGreen, "3": 0, "02": 0, "green": 0, "status=2": 0, "<p>2</p>": 0} {
		gateway := play(t, say(ok(body)))
		got, err := on(t, gateway.url).TransStat(t.Context(), described(t))
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %s, %v, want %s", body, got, err, want)
		}
	}
	if s := LightRed.String() + LightYellow.String() + LightGreen.String() + Light(0).String(); s != "redyellowgreenno light" {
		t.Errorf("lights are called %q", s)
	}
}

// FuzzTransImg: no picture makes it panic, and what is decided has a colour.
func FuzzTransImg(f *testing.F) {
	for _, c := range []color.Color{red, amber, lime, dark} {
		f.Add(lamp(f, c))
		f.Add(asPNG(f, drawn(4, c)))
	}
	f.Fuzz(func(t *testing.T, body string) {
		l, err := readTransImg(body, true)
		if (err == nil) != (l >= LightRed && l <= LightGreen) {
			t.Errorf("%s, %v", l, err)
		}
		if err == nil && !strings.HasPrefix(body, "GIF8") && !strings.HasPrefix(body, "\x89PNG") {
			t.Errorf("%q is %s", body[:8], l)
		}
	})
}

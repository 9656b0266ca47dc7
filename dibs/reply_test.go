package dibs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// concludes returns what a complete reply with HTTP status 200 comes to.
func concludes(t testing.TB, s service, body string, whole bool) (Receipt, error) {
	c := on(t, "http://127.0.0.1:1")
	h := handling{service: s, transact: "11111111", orderID: "11223344"}
	if s != cancelCGI {
		h.amount = dkk(t, 2000)
	}
	return c.conclude(h, arrival{sent: true, status: 200, body: body, whole: whole}, c.cleaner)
}

var handlingServices = []service{captureCGI, refundCGI, cancelCGI, changeStatusCGI, supplAuthCGI}

// R43
func TestReplyVectors(t *testing.T) {
	var file struct {
		Vectors []struct {
			Name, Service, Body, Outcome string
			Result                       Result
		}
	}
	vectors(t, "replies.json", &file)
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			for _, s := range handlingServices {
				if v.Service != "" && v.Service != s.String() {
					continue
				}
				receipt, err := concludes(t, s, v.Body, true)
				if got := outcome(err); got != v.Outcome {
					t.Errorf("%s answered %q: %s (%v), want %s", s, v.Body, got, err, v.Outcome)
				}
				result := receipt.Result
				if decline, is := err.(*DeclinedError); is {
					result = decline.Result
				}
				if result != v.Result {
					t.Errorf("%s answered %q: result %s, want %s", s, v.Body, result, v.Result)
				}
			}
		})
	}
}

// R44: the character set of a text changes no decision. A whole reply in
// UTF-16 is no ASCII, and so decides nothing.
func TestCharacterSetsDecideNothing(t *testing.T) {
	sets := map[string]encoding.Encoding{
		"Latin-1": charmap.ISO8859_1, "Windows-1252": charmap.Windows1252, "Latin-9": charmap.ISO8859_15,
		"UTF-8": unicode.UTF8, "UTF-8 with a mark": unicode.UTF8BOM, "code page 850": charmap.CodePage850,
	}
	wide := map[string]encoding.Encoding{
		"UTF-16 LE":             unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
		"UTF-16 BE with a mark": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	}
	for outcomeWanted, text := range map[string]string{
		"accepted":  "status=ACCEPTED&message=gennemført på øen&result=0",
		"declined":  "message=Afvist af indløser, åbn igen&status=DECLINED&result=4",
		"uncertain": "message=Ærø&result=11",
	} {
		for name, set := range sets {
			body, err := set.NewEncoder().String(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := concludes(t, refundCGI, body, true); outcome(err) != outcomeWanted {
				t.Errorf("%s: %q is %s (%v), want %s", name, body, outcome(err), err, outcomeWanted)
			}
		}
		for name, set := range wide {
			body, err := set.NewEncoder().String(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := concludes(t, refundCGI, body, true); outcome(err) != "uncertain" {
				t.Errorf("%s: %q is %s, want uncertain", name, body, outcome(err))
			}
		}
	}
}

func TestMessagesAreDecodedAndEscaped(t *testing.T) {
	tests := map[string]struct{ sent, want string }{
		"encoded":                        {"Unknown%20transaction%20id%20%281%29", "Unknown transaction id (1)"},
		"plus":                           {"a+b", "a b"},
		"Latin-1":                        {"indl%F8ser", `indl\u00f8ser`},
		"UTF-8":                          {"indl%C3%B8ser", `indl\u00f8ser`},
		"not encoded":                    {"100% of 5", "100% of 5"},
		"terminal escape":                {"%1B%5B31mred", `\x1b[31mred`},
		"right to left":                  {"%E2%80%AEevil", `\u202eevil`},
		"line end":                       {"a%0D%0Ab", `a\x0d\x0ab`},
		"backslash":                      {`a\x1b`, `a\\x1b`},
		"card number":                    {"card%204711100000000000%20refused", "card 471110XXXXXX0000 refused"},
		"nothing":                        {"", ""},
		"an escape that is none":         {"%zz%", "%zz%"},
		"an escape that is none, and +":  {"%zz+%41", "%zz A"},
		"a character above the 16th bit": {"%F0%9F%92%B0", `\U0001f4b0`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := concludes(t, refundCGI, "result=4&message="+tt.sent, true)
			decline, is := err.(*DeclinedError)
			if !is {
				t.Fatalf("got %v, want a decline", err)
			}
			if decline.Message != tt.want {
				t.Errorf("message %q is %q, want %q", tt.sent, decline.Message, tt.want)
			}
		})
	}
}

// A reply whose framing does not say where it ends may have been cut, so its
// last value may be the beginning of another one.
func TestEndOfAnUnframedReply(t *testing.T) {
	tests := map[string]struct {
		service service
		body    string
		want    string
	}{
		"10 may be a part of 1000":           {refundCGI, "result=10", "uncertain"},
		"10 that is followed by a pair":      {refundCGI, "result=10&reason=10", "declined"},
		"0 begins no other code":             {refundCGI, "status=ACCEPTED&result=0", "accepted"},
		"15 begins no other code":            {refundCGI, "result=15", "declined"},
		"a capture's result may be cut away": {captureCGI, "status=ACCEPTED", "uncertain"},
		"another transaction, or a part":     {refundCGI, "result=0&transact=1111", "uncertain"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := concludes(t, tt.service, tt.body, false); outcome(err) != tt.want {
				t.Errorf("%s answered %q: %v, want %s", tt.service, tt.body, err, tt.want)
			}
		})
	}
}

// Cut anywhere, an unframed reply never turns into another certain answer.
func TestUnframedReplyCutAnywhere(t *testing.T) {
	for _, body := range []string{
		"result=0", "result=1000", "result=10", "result=14", "status=ACCEPTED&result=0&transact=11111111&cardtype=VISA",
		"status=DECLINED&result=10&reason=10&message=no", "transact=11111111&result=1000&status=ACCEPTED",
	} {
		for _, s := range handlingServices {
			_, err := concludes(t, s, body, true)
			whole := outcome(err)
			for n := range len(body) {
				_, err := concludes(t, s, body[:n], false)
				if got := outcome(err); got != "uncertain" && got != whole {
					t.Errorf("%s answered %q, cut to %q: %s, but whole it is %s", s, body, body[:n], got, whole)
				}
			}
		}
	}
}

func TestPairsAreReadInOrder(t *testing.T) {
	r, err := readReply("\ufeff a=1&=&B%5F=2%2B3&c=x=y&&D=\xe6 \r\n", true)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for name, value := range r.pairs() {
		got = append(got, name+": "+value)
	}
	if diff := cmp.Diff([]string{"a: 1", "b_: 2+3", "c: x=y", "d: æ"}, got); diff != "" {
		t.Errorf("pairs mismatch (-want +got):\n%s", diff)
	}
	for range r.pairs() {
		break // an iterator must allow it
	}
}

func TestKeptReplyIsBounded(t *testing.T) {
	_, err := concludes(t, refundCGI, "result=0&x="+strings.Repeat("\x01\xff\u202e", 10_000), true)
	uncertain, is := err.(*UncertainError)
	if !is {
		t.Fatalf("got %v, want uncertain", err)
	}
	if n := len(uncertain.Reply); n > 1024 || !printable(uncertain.Reply) || !strings.HasSuffix(uncertain.Reply, "...") {
		t.Errorf("kept %d bytes: %q", n, uncertain.Reply)
	}
}

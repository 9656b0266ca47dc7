package dibs

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"flexform/money"
)

// vectors decodes a file of protocol facts.
func vectors(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestSignatureVectors(t *testing.T) {
	var file struct {
		Vectors []struct {
			Name, Key1, Key2, Charset, Text, Inner, MD5Key string
			Request                                        struct {
				Services          []string
				OrderID, Transact string
				Amount            int64
			}
		}
	}
	vectors(t, "md5.json", &file)
	if len(file.Vectors) != 13 {
		t.Fatalf("%d vectors, want the 13 of flexwin.md 3.1", len(file.Vectors))
	}
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			cfg := Config{}
			withKeys(&cfg)
			if v.Key1 != "" {
				cfg.Key1, cfg.Key2 = NewSecret(v.Key1), NewSecret(v.Key2)
			}
			text := v.Text
			if v.Charset == "iso-8859-1" {
				var err error
				if text, err = charmap.ISO8859_1.NewEncoder().String(text); err != nil {
					t.Fatal(err)
				}
			}
			if inner := md5.Sum([]byte(cfg.Key1.reveal() + text)); hex.EncodeToString(inner[:]) != v.Inner {
				t.Errorf("inner digest = %x, want %s: the vector itself is wrong", inner, v.Inner)
			}
			if got := sign(cfg.Key1, cfg.Key2, text); got != v.MD5Key {
				t.Errorf("sign(%q) = %s, want %s", text, got, v.MD5Key)
			}
			for _, name := range v.Request.Services {
				h := handling{service: serviceCalled(t, name), transact: TransactID(v.Request.Transact), orderID: v.Request.OrderID, amount: dkk(t, v.Request.Amount)}
				if got := h.signedText("12345678"); got != v.Text {
					t.Errorf("%s signs %q, want %q", name, got, v.Text)
				}
			}
		})
	}
}

func serviceCalled(t *testing.T, name string) service {
	t.Helper()
	for s := service(1); s < serviceCount; s++ {
		if s.String() == name {
			return s
		}
	}
	t.Fatalf("no service %q", name)
	return 0
}

// R50: the request can be read back from its signed text, so two different
// requests never sign alike. Left out by the protocol itself are the account,
// a refund's currency, and whether it is a capture or a refund.
func TestSignedTextNamesOneRequest(t *testing.T) {
	currency, err := money.ParseCurrency("DKK")
	if err != nil {
		t.Fatal(err)
	}
	// Fragments of the signed text itself are what a forger would try.
	fragments := rapid.SliceOfN(rapid.SampledFrom([]string{
		"1", "2", "a", " ", "/", "-", "&", "=", "%", "%26", "transact", "&transact=1", "amount", "&amount=2", "orderid=", "merchant=1&orderid=",
	}), 1, 6)
	digits := rapid.StringMatching(`[1-9][0-9]{0,9}`)
	rapid.Check(t, func(t *rapid.T) {
		h := handling{service: rapid.SampledFrom([]service{refundCGI, cancelCGI}).Draw(t, "service")}
		h.transact = TransactID(digits.Draw(t, "transact"))
		h.orderID = strings.Join(fragments.Draw(t, "orderid"), "")
		merchant := digits.Draw(t, "merchant")
		want := map[string]string{"merchant": merchant, "orderid": h.orderID, "transact": string(h.transact)}
		if h.service == refundCGI {
			if h.amount, err = money.New(rapid.Int64Range(1, money.MaxMinor).Draw(t, "minor"), currency); err != nil {
				t.Fatal(err)
			}
			want["amount"] = strconv.FormatInt(h.amount.Minor(), 10)
		}
		if h.check(true) != nil {
			return // never signed
		}
		got := map[string]string{}
		for pair := range strings.SplitSeq(h.signedText(merchant), "&") {
			name, value, _ := strings.Cut(pair, "=")
			got[name] += value
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("read back from %q (-want +got):\n%s", h.signedText(merchant), diff)
		}
	})
}

// R50, the reason for the rule: without it these two would sign alike.
func TestUncheckedOrderIDsWouldSignAlike(t *testing.T) {
	cancel := handling{service: cancelCGI, transact: "1", orderID: "7&transact=2"}
	other := handling{service: cancelCGI, transact: "2&transact=1", orderID: "7"}
	if cancel.signedText("1") != other.signedText("1") {
		t.Fatal("the example is wrong")
	}
	if cancel.check(true) == nil || other.check(true) == nil {
		t.Error("one of two requests with the same signed text would be sent")
	}
}

// TestDocumentedSignatures holds the MD5 column of docs/flexwin.md against what
// the md5key of each call by hand covers.
func TestDocumentedSignatures(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "flexwin.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, " | "); len(cells) == 9 {
			documented[cells[1]] = cells[4]
		}
	}
	for _, s := range Services() {
		if s.Withheld != "" {
			continue // the page says it in words
		}
		signed := strings.Join(s.signed, " ")
		if signed == "" {
			signed = "-"
		}
		if documented[s.Name] != signed {
			t.Errorf("%s: the page has %q, the code signs %q", s.Name, documented[s.Name], signed)
		}
	}
}

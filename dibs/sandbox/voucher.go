package sandbox

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"flexform/money"
)

// A Voucher is one that generatevouchers.cgi made. No service takes one: they
// belong to the hosted payment form.
type Voucher struct {
	Code     string `json:"code"`
	Merchant string `json:"merchant"`
	Group    string `json:"group"`
	Type     string `json:"type"`  // "M" money, "P" percent
	Value    string `json:"value"` // minor units, or percent
	Currency string `json:"currency"`
	Start    string `json:"start,omitempty"`  // DDMMYYYY
	Expire   string `json:"expire,omitempty"` // DDMMYYYY, that day included
	Min      string `json:"min,omitempty"`    // least order, a decimal
	MaxUses  string `json:"maxuses,omitempty"`
}

// At most maxQuantity vouchers are made by a call, and maxVouchers in all.
const (
	maxQuantity = 1000
	maxVouchers = 100_000
)

// Vouchers returns all vouchers, oldest first.
func (g *Gateway) Vouchers() []Voucher {
	g.book.mu.RLock()
	defer g.book.mu.RUnlock()
	return append([]Voucher{}, g.book.vouchers...)
}

// generateVouchers is generatevouchers.cgi (flexwin.md 9.3). The reply is
// undocumented: the codes joined by commas, and errors as in the other calls
// of the administration.
func (g *Gateway) generateVouchers(c *batch, q query) answer {
	v, quantity, no := readVoucher(q)
	if _, known := g.shop(v.Merchant); no == nil && !known {
		no = parameterError("Unknown merchant (" + v.Merchant + ")")
	}
	made := len(c.book.vouchers) + len(c.vouchers)
	if no == nil && made+quantity > maxVouchers {
		no = wrongVoucher("quantity")
	}
	if no != nil {
		return answer{
			reply:  pairs{"status", "DECLINED", "reason", no.code.String(), "message", no.message},
			result: no.code.String(), message: no.message,
		}
	}
	codes := make([]string, quantity)
	for i := range codes {
		v.Code = voucherCode(v.Group, made+i+1)
		codes[i] = v.Code
		c.vouchers = append(c.vouchers, v)
	}
	return answer{reply: pairs{"status", "ACCEPTED", "vouchers", strings.Join(codes, ",")}, result: "0"}
}

func wrongVoucher(name string) *refusal { return parameterError("Error in argument " + name) }

func readVoucher(q query) (Voucher, int, *refusal) {
	v := Voucher{
		Merchant: q.text("merchant"), Group: q.text("group"), Type: q.text("type"), Value: q.text("value"),
		Currency: q.text("currency"), Start: q.text("start"), Expire: q.text("expire"), Min: q.text("min"), MaxUses: q.text("maxuses"),
	}
	if v.Group == "" {
		v.Group = "V"
	}
	quantity, err := strconv.Atoi(q.text("quantity"))
	value, isValue := parseMinor(v.Value)
	currency, currencyErr := money.ParseCurrency(v.Currency)
	start, startErr := voucherDay(v.Start)
	expire, expireErr := voucherDay(v.Expire)
	uses, isUses := parseMinor(v.MaxUses)
	switch {
	case !isNumber(v.Merchant, 1, 16):
		return v, 0, wrongVoucher("merchant")
	case err != nil || quantity < 1 || quantity > maxQuantity:
		return v, 0, wrongVoucher("quantity")
	case v.Type != "M" && v.Type != "P":
		return v, 0, wrongVoucher("type")
	case !isValue || v.Type == "P" && value > 100:
		return v, 0, wrongVoucher("value")
	case currencyErr != nil:
		return v, 0, wrongVoucher("currency")
	case !isGroup(v.Group):
		return v, 0, wrongVoucher("group")
	case startErr != nil:
		return v, 0, wrongVoucher("start")
	case expireErr != nil || v.Start != "" && v.Expire != "" && expire.Before(start):
		return v, 0, wrongVoucher("expire")
	case v.MaxUses != "" && (!isUses || uses > 1_000_000):
		return v, 0, wrongVoucher("maxuses")
	}
	if v.Min != "" {
		if _, err := money.ParseDecimal(v.Min, currency); err != nil {
			return v, 0, wrongVoucher("min")
		}
	}
	return v, quantity, nil
}

func voucherDay(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse("02012006", s)
}

func isGroup(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return 1 <= len(s) && len(s) <= 4
}

// voucherCode is unique by its number, of seven digits, and hard to mistype by
// the three that follow.
func voucherCode(group string, number int) string {
	digits := fmt.Sprintf("%07d", number)
	sum := md5.Sum([]byte(digits))
	return group + digits + strings.ToUpper(hex.EncodeToString(sum[:])[:3])
}

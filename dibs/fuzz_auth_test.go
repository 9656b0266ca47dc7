package dibs

import (
	"crypto/md5"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var modelReasons = []string{"0", "2", "4", "5", "7", "8", "9", "10", "11", "20"}

// vectorKeys are the MD5 keys of flexwin.md 3.1, as withKeys sets them.
var vectorKeys = []string{"abcdefghijklmnopqrstuvwxyz012345", "ABCDEFGHIJKLMNOPQRSTUVWXYZ678901"}

// modelAuth is a second, slower reading of what may count as accepted or
// declined for an authorisation of one transaction over 20.00 DKK. Keys are
// those of flexwin.md 3.1, or none.
func modelAuth(body string, keys ...string) string {
	found := modelPairs(body)
	all := func(name, pattern string) bool {
		fits := regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString
		return !slices.ContainsFunc(found[name], func(s string) bool { return !fits(s) })
	}
	switch {
	case len(found["status"]) == 0:
	case all("status", `(?i)accepted`):
		var ids []string
		for name, values := range found {
			if regexp.MustCompile(`^transact([1-9][0-9]*)?$`).MatchString(name) {
				ids = append(ids, values...)
			}
		}
		if len(ids) != 1 || !regexp.MustCompile(`^[1-9][0-9]{0,18}$`).MatchString(ids[0]) ||
			!all("reason", ``) || !all("result", `0?`) || !all("fee", `0?|[1-9][0-9]*`) || !all("ticket", `|[1-9][0-9]*`) {
			return "uncertain"
		}
		if len(keys) > 0 && !all("authkey", `|(?i)`+modelAuthkey(ids[0], strings.Join(slices.Compact(found["fee"]), ""), keys)) {
			return "uncertain"
		}
		return "accepted"
	case all("status", `(?i)declined`):
		for _, reason := range modelReasons {
			if len(found["reason"]) > 0 && all("reason", reason) && all("result", reason) {
				return "declined"
			}
		}
	}
	return "uncertain"
}

// modelAuthkey signs an approval over 20.00 DKK and a fee.
func modelAuthkey(id, fee string, keys []string) string {
	total := big.NewInt(0)
	if fee != "" {
		total.SetString(fee, 10)
	}
	text := fmt.Sprintf("transact=%s&amount=%s&currency=208", id, total.Add(total, big.NewInt(2000)))
	return fmt.Sprintf("%x", md5.Sum(fmt.Appendf(nil, "%s%x", keys[1], md5.Sum([]byte(keys[0]+text)))))
}

// R43: no authorisation is accepted, and none declined, unless the model says so.
func FuzzAuthReply(f *testing.F) {
	for _, seed := range []string{
		"status=ACCEPTED&transact=11111111", capturedReply, "status=DECLINED&reason=4&actioncode=d04", "status=DECLINED&reason=2&message=x",
		"status=accepted&transact1=11111111", "&=&STATUS=ACCEPTED&%74ransact=123456", "status=ACCEPTED&reason=&transact=1", "reason=4&reason=4&status=declined",
		"status=ACCEPTED&transact=1&fee=150&suspect=true&severity=7", "\ufeffstatus=DECLINED&reason=%30", "status=DECLINED&reason=1",
		"status=ACCEPTED&transact=11111111&authkey=35d76574dc782b920cb4da6bec22b28d", "status=ACCEPTED&transact=11111111&fee=150&authkey=6a8a11d739caa8197a79c6de2362e8e5",
		"status=ACCEPTED&transact=11111112&authkey=35d76574dc782b920cb4da6bec22b28d", "status=ACCEPTED&transact=11111111&result=6",
	} {
		f.Add(seed)
	}
	c, signed := on(f, "http://127.0.0.1:1"), on(f, "http://127.0.0.1:1", withKeys)
	a := authorising{subject: subject{service: authCGI, orderID: "11223344"}, amount: dkk(f, 2000), parts: 1}
	clean := c.cleaner.knowingCard(cardOf(f))
	f.Fuzz(func(t *testing.T, body string) {
		approved, err := a.conclude(c, arrival{sent: true, status: 200, body: body, whole: true}, clean)
		got := authorises(err)
		if want := modelAuth(body); got != "uncertain" && got != want {
			t.Errorf("%q: %s, but the model says %s", body, got, want)
		}
		switch err := err.(type) {
		case nil:
			fit(t, approved.Reply, approved.ApprovalCode, approved.CardType, approved.PayType, approved.Acquirer, approved.Card.Masked)
			if len(approved.Transacts) != 1 || checkTransact(approved.Transacts[0]) != nil || approved.Verified {
				t.Errorf("%q: %+v", body, approved)
			}
			if strings.Contains(digitsOf(everything(approved)), "4711100000000000") {
				t.Errorf("%q: the card is shown: %+v", body, approved)
			}
		case *AuthDeclinedError:
			fit(t, err.Reply, err.Message, err.ActionCode, err.Error())
		case *UncertainError:
			fit(t, err.Reply, err.Error())
		default:
			t.Errorf("%q: %T", body, err)
		}
		checked, err := a.conclude(signed, arrival{sent: true, status: 200, body: body, whole: true}, clean)
		if got, want := authorises(err), modelAuth(body, vectorKeys...); got != "uncertain" && got != want {
			t.Errorf("%q: %s with keys, but the model says %s", body, got, want)
		}
		if err == nil && checked.Verified != (slices.ContainsFunc(modelPairs(body)["authkey"], func(s string) bool { return s != "" })) {
			t.Errorf("%q: verified %t", body, checked.Verified)
		}
		if _, cut := a.conclude(c, arrival{sent: true, status: 200, body: body}, clean); authorises(cut) != "uncertain" && authorises(cut) != got {
			t.Errorf("%q: %s, but %s when it may be cut", body, got, authorises(cut))
		}
	})
}

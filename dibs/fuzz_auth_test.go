package dibs

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var modelReasons = []string{"0", "2", "4", "5", "7", "8", "9", "10", "11", "20"}

// modelAuth is a second, slower reading of what may count as accepted or
// declined for an authorisation of one transaction without MD5 keys.
func modelAuth(body string) string {
	match := modelReply.FindStringSubmatch(strings.TrimRight(body, " \t\r\n"))
	if match == nil {
		return "uncertain"
	}
	found := map[string][]string{}
	for _, pair := range strings.Split(match[1], "&") {
		name, value, _ := strings.Cut(pair, "=")
		name = strings.ToLower(decode(name))
		found[name] = append(found[name], decode(value))
	}
	same := func(name, word string) bool {
		return len(found[name]) > 0 && !slices.ContainsFunc(found[name], func(s string) bool { return !strings.EqualFold(s, word) })
	}
	switch {
	case same("status", "ACCEPTED"):
		ids := 0
		for name, values := range found {
			if regexp.MustCompile(`^transact([1-9][0-9]*)?$`).MatchString(name) {
				ids += len(values)
			}
		}
		if ids == 1 && len(found["reason"]) == len(slices.DeleteFunc(found["reason"], func(s string) bool { return s != "" })) {
			return "accepted"
		}
	case same("status", "DECLINED"):
		for _, reason := range modelReasons {
			if same("reason", reason) {
				return "declined"
			}
		}
	}
	return "uncertain"
}

// R43: no authorisation is accepted, and none declined, unless the model says so.
func FuzzAuthReply(f *testing.F) {
	for _, seed := range []string{
		"status=ACCEPTED&transact=11111111", capturedReply, "status=DECLINED&reason=4&actioncode=d04", "status=DECLINED&reason=2&message=x",
		"status=accepted&transact1=11111111", "&=&STATUS=ACCEPTED&%74ransact=123456", "status=ACCEPTED&reason=&transact=1", "reason=4&reason=4&status=declined",
		"status=ACCEPTED&transact=1&fee=150&suspect=true&severity=7", "\ufeffstatus=DECLINED&reason=%30", "status=DECLINED&reason=1",
	} {
		f.Add(seed)
	}
	c := on(f, "http://127.0.0.1:1")
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
		if _, cut := a.conclude(c, arrival{sent: true, status: 200, body: body}, clean); authorises(cut) != "uncertain" && authorises(cut) != got {
			t.Errorf("%q: %s, but %s when it may be cut", body, got, authorises(cut))
		}
	})
}

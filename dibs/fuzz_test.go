package dibs

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// The model: a second, slower reading of what may count as accepted or
// declined, which shares no code with the first. It is an allow-list.
var (
	modelPair     = `(?:|[0-9A-Za-z._%-]*=[^&<>\x00-\x1f\x7f]*)`
	modelReply    = regexp.MustCompile(`(?s)^\x{FEFF}?[ \t\r\n]*(` + modelPair + `(?:&` + modelPair + `)*)$`)
	modelResult   = map[string]string{"0": "accepted", "1000": "accepted", "3": "declined", "4": "declined", "5": "declined", "6": "declined", "7": "declined", "8": "declined", "9": "declined", "10": "declined", "14": "declined", "15": "declined"}
	modelAgreeing = map[string]string{"ACCEPTED": "accepted", "DECLINED": "declined"}
)

// modelPairs is nil for what is no reply of pairs at all.
func modelPairs(body string) map[string][]string {
	match := modelReply.FindStringSubmatch(strings.TrimRight(body, " \t\r\n"))
	if match == nil {
		return nil
	}
	found := map[string][]string{}
	for _, pair := range strings.Split(match[1], "&") {
		at := strings.IndexByte(pair, '=')
		if at < 0 {
			continue // an empty pair: modelReply knows no other without a sign
		}
		name, err := url.PathUnescape(pair[:at])
		if err != nil {
			continue // not a name that means anything here
		}
		value, err := url.QueryUnescape(pair[at+1:])
		if err != nil {
			value = pair[at+1:]
		}
		name = strings.ToLower(name)
		found[name] = append(found[name], value)
	}
	return found
}

func model(s service, body string) string {
	found := modelPairs(body)
	if found == nil {
		return "uncertain"
	}
	for _, transact := range found["transact"] {
		if transact != "11111111" && !(transact == "" && len(found["transact"]) == 1) {
			return "uncertain"
		}
	}
	said := "uncertain"
	switch results := found["result"]; len(results) {
	case 0:
		if s == captureCGI && len(found["status"]) > 0 {
			said = "accepted"
		}
	case 1:
		if verdict, ok := modelResult[results[0]]; ok {
			said = verdict
		}
	}
	for _, reason := range found["reason"] {
		if said == "accepted" && reason != "" && reason != "0" && (len(found["result"]) != 1 || reason != found["result"][0]) {
			return "uncertain"
		}
	}
	for _, status := range found["status"] {
		if modelAgreeing[strings.ToUpper(status)] != said {
			return "uncertain"
		}
	}
	return said
}

// R43: nothing is accepted, and nothing declined, unless the model says so.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		"result=0", "status=ACCEPTED&result=0&transact=11111111&cardtype=VISA", "status=DECLINED&result=6&reason=6", "&=&result=0\r\n",
		"\ufeffRESULT=0", "result=0&%72esult=6", "result=%30", "result=0&transact=", "<p>result=0&x=</p>", "result=0&x=<p>", "status=DECLINED&result=6&message=<b>no</b>", "result=1000", "a&result=0",
		"status=ACCEPTED", "status=ACCEPTED&transact=11111111&transact=1", "result=0%", "message=%F8&result=4", "\xff\xferesult=0",
		"status=ACCEPTED&result=0&reason=6", "result=0&%72eason=4", "result=1000&reason=1000",
	} {
		f.Add(uint8(0), seed)
		f.Add(uint8(1), seed)
	}
	c := on(f, "http://127.0.0.1:1")
	f.Fuzz(func(t *testing.T, pick uint8, body string) {
		s := handlingServices[int(pick)%len(handlingServices)]
		h := handling{service: s, transact: "11111111", orderID: "11223344"}
		receipt, err := c.conclude(h, arrival{sent: true, status: 200, body: body, whole: true}, c.cleaner)
		got := outcome(err)
		if want := model(s, body); got != "uncertain" && got != want {
			t.Errorf("%s answered %q: %s, but the model says %s", s, body, got, want)
		}
		switch err := err.(type) {
		case nil:
			fit(t, receipt.Reply, receipt.CardType)
			if !receipt.Result.Accepted() {
				t.Errorf("%s answered %q: a receipt with result %s", s, body, receipt.Result)
			}
		case *DeclinedError:
			fit(t, err.Reply, err.Message, err.Error())
		case *UncertainError:
			fit(t, err.Reply, err.Error())
		default:
			t.Errorf("%s answered %q: %T", s, body, err)
		}
		if _, cut := c.conclude(h, arrival{sent: true, status: 200, body: body}, c.cleaner); outcome(cut) != "uncertain" && outcome(cut) != got {
			t.Errorf("%s answered %q: %s, but %s when it may be cut", s, body, got, outcome(cut))
		}
	})
}

// fit fails the test unless texts may be written anywhere.
func fit(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !printable(text) || len(text) > 1500 {
			t.Errorf("unfit to be kept: %q", text)
		}
	}
}

// FuzzStatusReply: whatever comes, a status service's answer is one that the
// reply spells out, and its texts are clean.
func FuzzStatusReply(f *testing.F) {
	for _, seed := range []string{
		"5", "11\n", "", "transact=11111111&status=2", "transact1=11111111&transact2=11111112&status=1&approvalcode=1",
		"transact=11111111&status=5&amount=2000&currency=208&orderid=11223344&approvalcode=123456&actioncode=d00&batch=4711",
		"Unknown transaction id (11111111)", "status=5&amount=99999999999&currency=DKK", "status=5&status=6", "<html>Login problems?",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, body string, whole bool) {
		if status, err := readTransStatus(body, whole); err == nil {
			if n := strings.Trim(body, " \t\r\n\ufeff"); n != status.digits() || status < 0 {
				t.Errorf("status %d from %q", status, body)
			}
		}
		if info, err := readTransInfo(body, whole); err == nil {
			found := modelPairs(body)
			if said := found["status"]; len(said) != 1 || said[0] != strconv.Itoa(int(info.Status)) || info.Status > CoarseInserted || len(info.Transacts) == 0 {
				t.Errorf("%+v from %q", info, body)
			}
			for _, id := range info.Transacts {
				if checkTransact(id) != nil || !strings.Contains(percentDecode(body), string(id)) {
					t.Errorf("transact %q from %q", id, body)
				}
			}
		}
		if info, err := readPayInfo(body, whole, "11111111"); err == nil {
			found := modelPairs(body)
			said := func(name string) string { s, _ := only(found, name); return s }
			if said("status") != strconv.Itoa(int(info.Status)) || info.Status > maxStatus || info.Transact != "11111111" || !utf8.ValidString(info.OrderID) ||
				!sameText(said("orderid"), info.OrderID) || said("transact") != "" && said("transact") != "11111111" {
				t.Errorf("%+v from %q", info, body)
			}
			if a := info.Amount; a.Valid() && (said("amount") != strconv.FormatInt(a.Minor(), 10) || !strings.EqualFold(said("currency"), a.Currency().Code()) && said("currency") != a.Currency().Number()) {
				t.Errorf("amount %s from %q", a, body)
			}
		}
		if light, err := readTransStat(body, whole); err == nil && strings.Trim(body, " \t\r\n\ufeff") != strconv.Itoa(int(light)-1) && !(light == LightRed && strings.Trim(body, " \t\r\n\ufeff") == "") {
			t.Errorf("%s from %q", light, body)
		}
		if word, err := readCardType(body, whole); err == nil && (word == "0" || word != strings.Trim(body, " \t\r\n\ufeff")) {
			t.Errorf("card type %q from %q", word, body)
		}
	})
}

func (s Status) digits() string {
	return strings.TrimRight(s.String()[strings.LastIndex(s.String(), "(")+1:], ")")
}

// FuzzClean: no secret and no card number survives, in whatever company.
func FuzzClean(f *testing.F) {
	f.Add("cardno=", "4711100000000000", "&x=1", 100)
	f.Add("%20", "4711 1000 0000 0000", "12", 1024)
	f.Add("5 ", "5555-5555-5555-4444", " 2406", 40)
	f.Add("\xff", "378282246310005", "\x00", 1024)
	c := cleaner{}.knowing("s3cret&key%").knowing("dXNlcjpwYXNz")
	f.Fuzz(func(t *testing.T, before, middle, after string, limit int) {
		limit = 32 + abs(limit)%2048
		text := before + middle + after
		got := c.clean(text, limit)
		if !printable(got) || len(got) > limit {
			t.Errorf("clean(%q, %d) = %q", text, limit, got)
		}
		if c.holdsSecret(got) || c.holdsSecret(percentDecode(got)) {
			t.Errorf("clean(%q) = %q shows a secret", text, got)
		}
		for _, run := range regexp.MustCompile(`[0-9]+`).FindAllString(got, -1) {
			if minCard <= len(run) && len(run) <= maxCard && luhn(run) {
				t.Errorf("clean(%q) = %q shows %s", text, got, run)
			}
		}
	})
}

func abs(n int) int { return max(n, -(n + 1)) }

// FuzzForm: a form is ASCII, and any standard decoder reads back what went in.
func FuzzForm(f *testing.F) {
	f.Add("A Ticket/Draw", "1+1=2&3%")
	f.Add("\x00\xff", "æ")
	f.Fuzz(func(t *testing.T, a, b string) {
		form := make(form, 0)
		form.add("orderid", a)
		form.addSome("account", b)
		form.add("textreply", "yes")
		got, err := url.ParseQuery(string(form))
		if err != nil || !printable(string(form)) || strings.Contains(string(form), "+") {
			t.Fatalf("form %q: %v", form, err)
		}
		if got.Get("orderid") != a || got.Get("account") != b || got.Get("textreply") != "yes" || got.Has("account") != (b != "") {
			t.Errorf("%q and %q came back as %v", a, b, got)
		}
	})
}

package dibs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"flexform/money"
)

// only returns the value that all pairs of one name have, and whether there is one.
func only(found map[string][]string, name string) (string, bool) {
	values := found[name]
	if len(values) == 0 || slices.ContainsFunc(values, func(s string) bool { return s != values[0] }) {
		return "", false
	}
	return values[0], true
}

// sameText compares texts, unless the wire has one in Latin-1.
func sameText(wire, got string) bool { return wire == got || !utf8.ValidString(wire) }

// modelWord reads the reply to a call that is answered with a word.
func modelWord(name, body string) string {
	found := modelPairs(body)
	word, one := only(found, name)
	other := map[string]string{"status": "result", "result": "status"}[name]
	if !one && (len(found[name]) == 0 || name != "status") || slices.ContainsFunc(append(found[name], found[other]...), func(s string) bool { return s != "" && !strings.EqualFold(s, word) }) {
		return "uncertain"
	}
	reason, hasReason := only(found, "reason")
	if len(found["reason"]) > 0 && !hasReason {
		return "uncertain"
	}
	switch {
	case strings.EqualFold(word, "ACCEPTED") && (reason == "" || reason == "0"):
		return "accepted"
	case strings.EqualFold(word, "DECLINED") && (reason == "" || modelResult[reason] == "declined"):
		return "declined"
	}
	return "uncertain"
}

// R43: delticket.cgi, splitpay_changestatus.cgi and generatevouchers.cgi.
func FuzzWordedReply(f *testing.F) {
	for _, seed := range []string{
		"status=ACCEPTED", "result=ACCEPTED", "status=accepted&reason=0", "result=DECLINED&reason=6&message=Status%20doesn%27t%20allow%20open",
		"status=DECLINED", "status=DECLINED&reason=12", "result=ACCEPTED&status=DECLINED", "&=&result=DECLINED&%72eason=8", "result=0", "status=ACCEPTED&vouchers=V1,V2",
		"status=ACCEPTED&reason=&reason=6",
	} {
		f.Add(true, seed)
		f.Add(false, seed)
	}
	c := on(f, "http://127.0.0.1:1")
	f.Fuzz(func(t *testing.T, ticket bool, body string) {
		w := worded{subject{service: splitPayChangeCGI, transact: "11111111"}, "result"}
		if ticket {
			w = worded{subject{service: delTicketCGI, transact: "11111111"}, "status"}
		}
		r, err := readReply(body, true)
		if err != nil || r.check() != nil {
			return
		}
		receipt, err := w.conclude(r, c.cleaner.clean(body, maxKept), c.cleaner)
		got := outcome(err)
		if want := modelWord(w.name, body); got != "uncertain" && got != want {
			t.Errorf("%s answered %q: %s, but the model says %s", w.service, body, got, want)
		}
		fit(t, receipt.Reply)
		if err != nil {
			fit(t, err.Error())
		}
		r.whole = false
		if _, cut := w.conclude(r, "", c.cleaner); outcome(cut) != "uncertain" && outcome(cut) != got {
			t.Errorf("%s answered %q: %s, but %s when it may be cut", w.service, body, got, outcome(cut))
		}
	})
}

// R43: every sum and every part of a split payment stands in the reply.
func FuzzSplitPayInfo(f *testing.F) {
	const documented = "transact=11111111&authamount=5000&amountleft=1000&spcaps=2&settled=3500&captured=4000&refunded=500&status=1&stransact_01=11111112&sorderid_01=11223344-1&stransact_02=11111113&sorderid_02=11223344-2"
	for _, seed := range []string{
		documented, strings.Replace(documented, "status=1", "status=3&pending_refunds=500&pending_captures=1", 1), strings.Replace(documented, "spcaps=2", "spcaps=1", 1),
		documented + "&captured=1", documented + "&stransact_03=1", "status=DECLINED&reason=6&message=Not%20a%20split%20payment", "transact=11111111&status=2",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	krone := dkk(f, 1).Currency()
	f.Fuzz(func(t *testing.T, body string, whole bool) {
		r, err := readStatusReply(body, whole)
		if err != nil {
			return
		}
		info, err := r.splitPayInfo("11111111", krone)
		if err != nil {
			return
		}
		if _, _, no := r.refusal(); no {
			t.Fatalf("%q is both sums and a no", body)
		}
		found := modelPairs(body)
		said := func(name string) string { s, _ := only(found, name); return s }
		if !whole || said("transact") != "11111111" || said("status") != strconv.Itoa(int(info.State)) || info.State < SplitOpen || info.State > SplitClosing {
			t.Fatalf("%+v from %q", info, body)
		}
		for name, sum := range map[string]money.Amount{
			"authamount": info.Authorised, "amountleft": info.Left, "captured": info.Captured, "refunded": info.Refunded,
			"settled": info.Settled, "pending_captures": info.PendingCaptures, "pending_refunds": info.PendingRefunds,
		} {
			pending := strings.HasPrefix(name, "pending_") && len(found[name]) == 0 && sum.Zero()
			if sum.Currency() != krone || said(name) != strconv.FormatInt(sum.Minor(), 10) && !pending {
				t.Errorf("%s is %s from %q", name, sum, body)
			}
		}
		if said("spcaps") != strconv.Itoa(len(info.Parts)) {
			t.Errorf("%d parts from %q", len(info.Parts), body)
		}
		for i, part := range info.Parts {
			if said(fmt.Sprintf("stransact_%02d", i+1)) != string(part.Transact) || checkTransact(part.Transact) != nil ||
				!sameText(said(fmt.Sprintf("sorderid_%02d", i+1)), part.OrderID) {
				t.Errorf("part %d is %+v from %q", i+1, part, body)
			}
		}
	})
}

package plan

import (
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/statefile"
)

// Nothing is planned for a transaction after a call by hand that happened, or
// may have, until a person states its totals: the status of before still shows,
// and would let the plan refund a second time.
func TestCallsByHandBlock(t *testing.T) {
	p := newPen(t)
	call := func(transact string) statefile.Called {
		return statefile.Called{Service: "refund.cgi", Merchant: merchant, Mode: "sandbox", Transact: transact, Parameters: "transact=" + transact, Version: "0.1.0"}
	}
	answer := func(transact string, r statefile.Result) {
		t.Helper()
		entries, err := p.file.Append(t.Context(), call(transact))
		if err != nil {
			t.Fatal(err)
		}
		p.write(t, statefile.Answered{Call: int64(entries[0].Seq), Result: r})
	}
	answer("30000001", statefile.Accepted)
	answer("30000002", statefile.Unknown)
	p.write(t, call("30000003")) // and then its process died
	answer("30000004", statefile.Declined)
	answer("30000005", statefile.NotSent)
	answer("30000006", statefile.Accepted)
	p.write(t, statefile.Adopted{
		Address: "transaction.six", Merchant: merchant, Transact: "30000006", OrderID: "11223344", Currency: "DKK",
		AmountMinor: 20000, CapturedMinor: 20000, RefundedMinor: 3000, Status: 5, Evidence: "the console",
	})
	for transact, want := range map[string]string{
		"30000001": "refund.cgi by hand (entry 3 of the ledger), and the gateway accepted it",
		"30000002": "refund.cgi by hand (entry 5 of the ledger), and its outcome is not known",
		"30000003": "refund.cgi by hand (entry 7 of the ledger), and its outcome is not known",
		"30000004": "", "30000005": "", "30000006": "",
	} {
		declared := tale{refunded: "50.00"}.want(t)
		declared.Transact = transact
		s := subject{want: &declared, key: statefile.Key{Merchant: merchant, Transact: transact}}
		s.seen = &Observation{Looked: true, Transact: dibs.TransactID(transact), Status: dibs.StatusCaptured}
		s.record, _ = p.file.State().Transaction(s.key)
		r := s.rule()
		switch blocked := r.blocked; {
		case want == "" && r.action == nil:
			t.Errorf("%s: %+v, want its refund planned", transact, r)
		case want != "" && (blocked == nil || blocked.Cause != CauseDrift || !strings.Contains(blocked.Detail, want) || !strings.HasPrefix(blocked.Command, "flexform adopt ")):
			t.Errorf("%s: %+v, want it blocked because of %q", transact, r, want)
		}
		if s.record.Seq == 0 || !p.file.State().TouchedSince(s.key, 2) {
			t.Errorf("%s is not touched by the call about it", transact)
		}
	}
}

package plan

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

func TestPositionsShowTheirSources(t *testing.T) {
	for name, tt := range map[string]struct {
		tale
		want string // status captured(source) refunded(source), or nothing
	}{
		"authorised":                    {tale{captured: "full", status: 2}, "2 0(gateway) 0(gateway)"},
		"captured, nobody knows what":   {tale{refunded: "full", status: 5}, "5 20000(declared) 0(gateway)"},
		"captured as declared":          {tale{captured: "150.00", refunded: "full", status: 5}, "5 15000(declared) 0(gateway)"},
		"captured by payinfo":           {tale{refunded: "full", status: 5, paid: 15000}, "5 15000(gateway) 0(gateway)"},
		"captured by flexform":          {tale{refunded: "full", status: 5, paid: 12000, ledger: deeds(captureOf(15000, done, 2))}, "5 15000(ledger) 0(gateway)"},
		"payinfo before it is captured": {tale{refunded: "full", status: 12, paid: 15000}, "12 20000(declared) 0(gateway)"},
		"refunded by flexform":          {tale{refunded: "80.00", status: 8, ledger: deeds(refundOf(0, 5000, done, 5))}, "8 20000(declared) 5000(ledger)"},
		"refund reversed":               {tale{refunded: "80.00", status: 10, ledger: deeds(refundOf(0, 5000, accepted, 5))}, "10 20000(declared) 0(ledger)"},
		"refunded all elsewhere":        {tale{refunded: "80.00", status: 11}, "11 20000(declared) 20000(gateway)"},
		"adopted":                       {tale{refunded: "80.00", status: 8, adopted: &adoption{15000, 5000, false, 8}}, "8 15000(ledger) 5000(ledger)"},
		"unknown action":                {tale{refunded: "80.00", status: 8, ledger: deeds(refundOf(0, 5000, done, 5), refundOf(5000, 8000, unknown, 8))}, "8 20000(declared) 5000(ledger)"},
		"a status that tells no totals": {tale{captured: "full", status: 18}, ""},
		"not read":                      {tale{captured: "full", unread: &dibs.NotFoundError{}}, ""},
		"unchanged":                     {tale{captured: "full", status: 5}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := Build(tt.input(t))
			got := ""
			for _, p := range d.Positions {
				if p.Address != address || p.Transact != transact || p.Currency != "DKK" {
					t.Errorf("position of %s %s in %s", p.Address, p.Transact, p.Currency)
				}
				got += fmt.Sprintf("%d %d(%s) %d(%s)", int(*p.Status), p.Captured.Minor, p.Captured.Source, p.Refunded.Minor, p.Refunded.Source)
			}
			if got != tt.want {
				t.Errorf("Build(%+v) shows %q, want %q", tt.tale, got, tt.want)
			}
		})
	}
}

// Every cause and every problem in full: what, why, what to do.
func TestTextsAreWhole(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := drawTale(r)
		d, problems := Build(s.input(t))
		for _, b := range d.Body.Blocked {
			if b.Address != address || b.Merchant != merchant || b.Transact != transact || b.OrderID != "11223344" {
				r.Errorf("block names %+v", b)
			}
			if (b.Status == nil) != (s.unread != nil) || b.Status != nil && *b.Status != s.status {
				r.Errorf("block has status %v, want %v", b.Status, s.status)
			}
			whole(r, b.Detail)
		}
		for _, p := range problems {
			if p.Address != address || p.Place.File != "main.hcl" || p.Place.Start.Line != 3 || p.Summary == "" {
				r.Errorf("problem at %+v", p)
			}
			whole(r, p.Detail)
		}
		for _, n := range d.Body.Notices {
			whole(r, n.Text)
		}
	})
}

func whole(r *rapid.T, text string) {
	if strings.Contains(text, "%!") || strings.Contains(text, "no amount") || strings.Contains(text, "  ") || strings.Contains(text, "\n") {
		r.Errorf("broken text: %s", text)
	}
	first, last := text[:1], text[len(text)-1:]
	if first != strings.ToUpper(first) && !strings.HasPrefix(text, "transaction.") || last != "." {
		r.Errorf("not sentences: %s", text)
	}
}

func TestDriftSaysWhatContradicts(t *testing.T) {
	for want, s := range map[string]tale{
		"The gateway says partly refunded (8), but the ledger knows of no refund. ":                                                                               {refunded: "50.00", status: 8},
		"The gateway says captured (5), but the ledger has 50.00 DKK as refunded. ":                                                                               {refunded: "80.00", status: 5, ledger: deeds(refundOf(0, 5000, done, 5))},
		"The gateway says refunded (11), but the ledger has only 50.00 DKK of 200.00 DKK as refunded. ":                                                           {refunded: "80.00", status: 11, ledger: deeds(refundOf(0, 5000, done, 5))},
		"The gateway says partly refunded (8), but the ledger has 200.00 DKK as refunded, which is all that was captured. ":                                       {refunded: "full", status: 8, ledger: deeds(refundOf(0, 20000, done, 5))},
		"The gateway says refund declined (10), but the ledger has several refunds that may have reached the acquirer, and the status does not say which one was": {refunded: "80.00", status: 10, ledger: deeds(refundOf(0, 5000, accepted, 5), refundOf(5000, 8000, accepted, 8))},
		"The gateway says authorised (2), but the ledger has it as cancelled. ":                                                                                   {cancelled: true, status: 2, ledger: deeds(cancelOf(done))},
		"The gateway says captured (5), but the ledger has nothing as captured. ":                                                                                 {captured: "full", status: 5, ledger: deeds(captureOf(20000, reversed, 2))},
	} {
		d, problems := Build(s.input(t))
		if len(d.Body.Blocked) != 1 || !strings.HasPrefix(d.Body.Blocked[0].Detail, want) {
			t.Errorf("Build(%+v) = %s: %+v, want %q", s, told(d, problems), d.Body.Blocked, want)
		}
	}
}

func TestProblemsPointAtTheValue(t *testing.T) {
	s := tale{captured: "full", refunded: "40.00", status: 8, ledger: deeds(refundOf(0, 5000, done, 5))}
	in := s.input(t)
	at := schema.Range{File: "data.csv", Start: schema.Pos{Line: 7, Column: 3}}
	in.Config.Transactions[0].Places.Refunded = at
	_, problems := Build(in)
	want := []Problem{{
		Address: address, Summary: "Irreversible", Place: at,
		Detail: `transaction.a declares 40.00 DKK as refunded, but 50.00 DKK has been refunded already (the ledger says so). A refund cannot be taken back. Raise refunded to at least "50.00 DKK", or remove it, so that refunds are not managed here.`,
	}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("Build mismatch (-want +got):\n%s", diff)
	}
}

// crowd is a configuration of many transactions of every sort, drawn from a
// seed, with its ledger and observations.
func crowd(t testing.TB, seed uint64, n int) BuildInput {
	r := rand.New(rand.NewPCG(seed, 1))
	in := BuildInput{Config: &schema.Config{
		Merchants:      []schema.Merchant{{ID: merchant, Mode: schema.ModeTest}},
		SettingsDigest: "sha256:s",
	}}
	known := memory{}
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	for i := range n {
		s := tale{
			captured: pick("", "full"), refunded: pick("", "50.00", "full"),
			status: []dibs.Status{2, 5, 7, 8, 9, 10, 11, 6, 1}[r.IntN(9)],
		}
		if s.captured == "" && s.refunded == "" {
			s.cancelled = true
		}
		if r.IntN(2) == 0 {
			state := []statefile.ActionState{accepted, done, declined, unknown}[r.IntN(4)]
			s.ledger = deeds(refundOf(0, 5000, state, 5))
		}
		w := s.want(t)
		w.Transact = fmt.Sprint(10000000 + i)
		w.Address, w.OrderID = fmt.Sprintf("transaction.recall[%q]", w.Transact), "order-"+w.Transact
		if i%3 == 0 {
			w.Amount = in.inCurrency(t, "SEK", w.Amount.Minor())
			w.Captured, w.Refunded = schema.Total{Declared: w.Captured.Declared, Full: true}, schema.Total{Declared: w.Refunded.Declared, Full: true}
			s.ledger = nil
		}
		if rec, ok := s.record(t); ok {
			rec.Transact, rec.OrderID = w.Transact, w.OrderID
			known[rec.Key] = rec
		}
		in.Config.Transactions = append(in.Config.Transactions, w)
		in.Observations = append(in.Observations, Observation{Looked: true, Transact: dibs.TransactID(w.Transact), Status: s.status})
	}
	in.State = known
	return in
}

func (BuildInput) inCurrency(t testing.TB, code string, minor int64) money.Amount {
	t.Helper()
	c, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatal(err)
	}
	a, err := money.New(minor, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func sealed(t testing.TB, in BuildInput) []byte {
	t.Helper()
	d, _ := Build(in)
	p, err := Seal(d, Envelope{Version: "0.1.0"})
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, p)
}

// The same inputs give the same bytes, whatever order maps and goroutines have.
func TestSameBytes(t *testing.T) {
	in := crowd(t, 7, 500)
	first := sealed(t, in)
	for i := range 20 {
		again := memory{} // maps order themselves anew in every iteration
		for k, v := range in.State.(memory) {
			again[k] = v
		}
		in.State = again
		if !bytes.Equal(first, sealed(t, in)) {
			t.Fatalf("plan %d has other bytes", i)
		}
	}
}

// A transaction that moved without anything to do for it leaves the digest
// alone; one with something to do changes it.
func TestDigestIsAboutWhatWillBeDone(t *testing.T) {
	in := crowd(t, 7, 200)
	before, _ := Build(in)
	quiet := tale{captured: "full", status: 5}.want(t)
	quiet.Transact, quiet.OrderID, quiet.Address = "99999999", "quiet", "transaction.quiet"
	in.Config.Transactions = append(in.Config.Transactions, quiet)
	in.Observations = append(in.Observations, Observation{Looked: true, Transact: "99999999", Status: 7})
	after, _ := Build(in)
	if a, b := digest(t, before), digest(t, after); a != b {
		t.Errorf("an unchanged transaction changed the digest: %s, %s", a, b)
	}
	in.Observations[len(in.Observations)-1].Status = 2
	if a, b := digest(t, before), digest(t, mustBuild(in)); a == b {
		t.Error("a transaction to capture did not change the digest")
	}
}

func mustBuild(in BuildInput) Draft {
	d, _ := Build(in)
	return d
}

func digest(t testing.TB, d Draft) string {
	t.Helper()
	p, err := Seal(d, Envelope{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Digest
}

// Sums and counts against a recount.
func TestSumsAndCounts(t *testing.T) {
	for seed := range uint64(20) {
		in := crowd(t, seed, 300)
		d, problems := Build(in)
		for _, s := range d.Body.Summary {
			count, sum, largest := 0, int64(0), int64(0)
			for _, a := range d.Body.Actions {
				if a.Currency == s.Currency && a.Verb == s.Verb {
					count, sum, largest = count+1, sum+a.ToMinor-a.FromMinor, max(largest, a.ToMinor-a.FromMinor)
				}
			}
			if want := (Sum{s.Currency, s.Verb, count, sum, largest}); s != want || count == 0 {
				t.Errorf("seed %d: sum %+v, want %+v", seed, s, want)
			}
		}
		byCause := map[Cause]int{}
		for _, b := range d.Body.Blocked {
			byCause[b.Cause]++
		}
		c := d.Counts
		got := Counts{
			Declared: c.Unchanged + len(d.Body.Actions) + len(d.Body.Blocked) + len(problems), Unchanged: c.Unchanged,
			Drifted: byCause[CauseDrift], Settling: byCause[CauseSettling], Unknown: byCause[CauseUnknown],
			Failed: byCause[CauseUnread] + byCause[CauseNotFound] + byCause[CauseMismatch],
		}
		if diff := cmp.Diff(c, got); diff != "" || c.Declared != 300 {
			t.Errorf("seed %d: counts mismatch (-said +recounted):\n%s", seed, diff)
		}
		if len(d.Body.Summary) < 3 || len(problems) == 0 || c.Unchanged == 0 || c.Unknown == 0 || c.Drifted == 0 {
			t.Errorf("seed %d is too tame: %+v", seed, c)
		}
	}
}

func TestMissingObservations(t *testing.T) {
	in := tale{captured: "full", status: 2}.input(t)
	in.Observations = nil
	d, problems := Build(in)
	if got := told(d, problems); got != "blocked: unread" {
		t.Errorf("Build without observations: %s", got)
	}
	in.Observations = []Observation{{Looked: true, Status: 2}}
	in.Config.Transactions[0].Transact = ""
	d, problems = Build(in)
	if got := told(d, problems); got != "blocked: unread" {
		t.Errorf("Build with an observation of nothing: %s", got)
	}
}

func TestIdentity(t *testing.T) {
	base := tale{refunded: "full", status: 5, paid: 20000, ledger: deeds(refundOf(0, 5000, declined, 5))}
	for name, tt := range map[string]struct {
		change func(*BuildInput, *schema.Transaction, *statefile.Transaction, *Observation)
		want   string
	}{
		"the same everywhere":         {func(*BuildInput, *schema.Transaction, *statefile.Transaction, *Observation) {}, "refund 0->20000 #1 self-limiting"},
		"another order in the ledger": {func(_ *BuildInput, _ *schema.Transaction, r *statefile.Transaction, _ *Observation) { r.OrderID = "x" }, "blocked: mismatch"},
		"another amount in the ledger": {func(_ *BuildInput, _ *schema.Transaction, r *statefile.Transaction, _ *Observation) {
			r.Amount = dkk(t, 1)
		}, "blocked: mismatch"},
		"another currency in the ledger": {func(in *BuildInput, _ *schema.Transaction, r *statefile.Transaction, _ *Observation) {
			r.Refunded = in.inCurrency(t, "SEK", 5)
		}, "blocked: mismatch"},
		"another order at the gateway": {func(_ *BuildInput, _ *schema.Transaction, _ *statefile.Transaction, o *Observation) {
			o.Pay.OrderID = "x"
		}, "blocked: mismatch"},
		"another currency at the gateway": {func(in *BuildInput, _ *schema.Transaction, _ *statefile.Transaction, o *Observation) {
			o.Pay.Amount = in.inCurrency(t, "SEK", 5)
		}, "blocked: mismatch"},
		"another transact seen": {func(_ *BuildInput, _ *schema.Transaction, _ *statefile.Transaction, o *Observation) {
			o.Transact = "22222222"
		}, "blocked: mismatch"},
		"a desired total in other currency": {func(in *BuildInput, w *schema.Transaction, _ *statefile.Transaction, _ *Observation) {
			w.Refunded = schema.Total{Declared: true, Amount: in.inCurrency(t, "SEK", 5)}
		}, "problem: Contradiction"},
		"no amount at all": {func(_ *BuildInput, w *schema.Transaction, _ *statefile.Transaction, _ *Observation) {
			w.Amount = money.Amount{}
		}, "problem: Contradiction"},
	} {
		t.Run(name, func(t *testing.T) {
			in := base.input(t)
			r, _ := base.record(t)
			tt.change(&in, &in.Config.Transactions[0], &r, &in.Observations[0])
			in.State = memory{r.Key: r}
			d, problems := Build(in)
			if got := told(d, problems); got != tt.want {
				t.Errorf("Build = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDeclaredTwice(t *testing.T) {
	in := tale{captured: "full", status: 2}.input(t)
	twin := in.Config.Transactions[0]
	twin.Address, twin.Transact, twin.Source = "transaction.b", "", schema.Range{File: "other.hcl", Start: schema.Pos{Line: 9}}
	in.Config.Transactions = append(in.Config.Transactions, twin)
	in.Observations = append(in.Observations, in.Observations[0])
	d, problems := Build(in)
	want := []Problem{{
		Address: "transaction.b", Summary: "Transaction declared twice", Place: twin.Source,
		Detail: "transaction.b and transaction.a (main.hcl:3) are both transaction 12345678/11111111. Remove one of them, so that there is one place that says what it should be.",
	}}
	if diff := cmp.Diff(want, problems); diff != "" || len(d.Body.Actions) != 1 {
		t.Errorf("Build mismatch (-want +got):\n%s", diff)
	}
}

func TestCommandsSurviveAShell(t *testing.T) {
	for in, want := range map[string]string{
		"transaction.a":           "transaction.a",
		`transaction.a["1"]`:      `'transaction.a["1"]'`,
		`transaction.a["it's"]`:   `'transaction.a["it'\''s"]'`,
		"1/2/refund/0-5/DKK#1":    "'1/2/refund/0-5/DKK#1'",
		"":                        "''",
		"$(rm -rf ~)":             "'$(rm -rf ~)'",
		"transaction.a; shutdown": "'transaction.a; shutdown'",
	} {
		if got := shellQuote(in); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", in, got, want)
		}
	}
}

func BenchmarkBuild10000(b *testing.B) {
	in := crowd(b, 7, 10000)
	for b.Loop() {
		Build(in)
	}
}

func BenchmarkSeal10000(b *testing.B) {
	d, _ := Build(crowd(b, 7, 10000))
	for b.Loop() {
		if _, err := Seal(d, Envelope{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode1MiB(b *testing.B) {
	file := manyActions(b, 1<<20)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := Decode(file); err != nil {
			b.Fatal(err)
		}
	}
}

package policy

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

var _ Ledger = (*statefile.State)(nil)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func dkk(t testing.TB, minor int64) money.Amount {
	t.Helper()
	c, err := money.ParseCurrency("DKK")
	if err != nil {
		t.Fatal(err)
	}
	a, err := money.New(minor, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A world is a configuration with its ledger and a plan that was just made.
type world struct {
	config *schema.Config
	file   *statefile.File
	plan   *plan.Plan
	facts  Facts
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{config: &schema.Config{
		Digest: "sha256:config", SettingsDigest: "sha256:settings",
		Merchants: []schema.Merchant{{Name: "shop", ID: "12345678", Mode: schema.ModeTest}},
	}}
	full := schema.Total{Declared: true, Full: true}
	w.declare(t, "capture", "11111111", func(d *schema.Transaction) { d.Captured = schema.Total{Declared: true, Amount: dkk(t, 15000)} })
	w.declare(t, "refund", "22222222", func(d *schema.Transaction) { d.Refunded = schema.Total{Declared: true, Amount: dkk(t, 8000)} })
	w.declare(t, "all", "", func(d *schema.Transaction) { d.Refunded = full })
	w.declare(t, "cancel", "44444444", func(d *schema.Transaction) { d.Cancelled = true })
	w.declare(t, "done", "55555555", func(d *schema.Transaction) { d.Captured = full })

	file, err := statefile.Open(filepath.Join(t.TempDir(), "flexform.ledger"), statefile.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	w.file = file
	refund := w.intent("sha256:earlier", "transaction.refund", "22222222", 5000, 1)
	w.write(t, statefile.Begin{Plan: "sha256:earlier", Mode: "test", Actions: 9}, refund, statefile.Outcome{Action: refund.Action, Result: statefile.Accepted},
		statefile.Observed{Merchant: refund.Merchant, Transact: refund.Transact, Status: 8, Action: refund.Action, Verdict: statefile.VerdictSettled})

	w.plan = w.make(t)
	w.facts = Facts{Now: noon.Add(time.Hour), Version: "0.1.0", Config: w.config, State: file.State()}
	return w
}

func (w *world) declare(t testing.TB, name, transact string, want func(*schema.Transaction)) {
	d := schema.Transaction{
		Address: "transaction." + name, Merchant: "12345678", Transact: transact, OrderID: "order-" + name, Amount: dkk(t, 20000), Reason: "because",
	}
	want(&d)
	w.config.Transactions = append(w.config.Transactions, d)
}

func (w *world) intent(digest, address, transact string, to int64, attempt int) statefile.Intent {
	return statefile.Intent{
		Action: fmt.Sprintf("12345678/%s/refund/0-%d/DKK#%d", transact, to, attempt), Plan: digest, Address: address, Merchant: "12345678", Transact: transact,
		OrderID: strings.Replace(address, "transaction.", "order-", 1), Verb: statefile.Refund, Currency: "DKK", AmountMinor: 20000, ToMinor: to,
		Attempt: attempt, Class: "counted", Status: 5,
	}
}

func (w *world) write(t testing.TB, payloads ...statefile.Payload) {
	t.Helper()
	if _, err := w.file.Append(t.Context(), payloads...); err != nil {
		t.Fatal(err)
	}
}

// make plans: the third transaction turns out to be 33333333, of which only
// 150.00 DKK are captured.
func (w *world) make(t testing.TB) *plan.Plan {
	t.Helper()
	small := &dibs.PayInfo{Amount: dkk(t, 15000)}
	d, problems := plan.Build(plan.BuildInput{Config: w.config, State: w.file.State(), Observations: []plan.Observation{
		{Looked: true, Transact: "11111111", Status: 2},
		{Looked: true, Transact: "22222222", Status: 8},
		{Looked: true, Transact: "33333333", Status: 5, Pay: small},
		{Looked: true, Transact: "44444444", Status: 2},
		{Looked: true, Transact: "55555555", Status: 5},
	}})
	if len(problems) > 0 || len(d.Body.Actions) != 4 {
		t.Fatalf("Build = %+v, %v", d.Body, problems)
	}
	return w.seal(t, d)
}

func (w *world) seal(t testing.TB, d plan.Draft) *plan.Plan {
	t.Helper()
	hash, seq := w.file.State().Head()
	p, err := plan.Seal(d, plan.Envelope{
		CreatedAt: noon, ExpiresAt: noon.Add(24 * time.Hour), Version: "0.1.0", ConfigDigest: w.config.Digest, Ledger: plan.Head{Hash: hash, Seq: seq},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// reason is why a plan is refused; "" when it is not.
func reason(err error) Reason {
	var refused *RefusedError
	if !errors.As(err, &refused) {
		return ""
	}
	return refused.Reason
}

func TestCheckApproves(t *testing.T) {
	w := newWorld(t)
	approved, err := Check(w.plan, w.facts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.plan, approved.Plan()); diff != "" {
		t.Errorf("the approved plan mismatch (-want +got):\n%s", diff)
	}
	// Nobody can change what was approved.
	w.plan.Body.Actions[0].ToMinor++
	approved.Plan().Body.Actions[0].ToMinor++
	if err := approved.Plan().Verify(); err != nil {
		t.Errorf("the approved plan was changed: %v", err)
	}
}

func TestZeroApprovedIsUseless(t *testing.T) {
	if p := (Approved{}).Plan(); p != nil {
		t.Errorf("the zero Approved holds %+v", p)
	}
}

// changes are the ways in which a plan goes out of date, in the order in which
// they are found (R30).
var changes = []struct {
	name   string
	reason Reason
	change func(testing.TB, *world)
}{
	{"the file", Tampered, func(_ testing.TB, w *world) { w.plan.Envelope.Folder = "elsewhere" }},
	{"applied before", AlreadyApplied, func(t testing.TB, w *world) {
		w.write(t, statefile.Begin{Plan: w.plan.Digest, Mode: "test", Actions: 4}, w.intent(w.plan.Digest, "transaction.all", "33333333", 15000, 1))
	}},
	{"the time", Expired, func(_ testing.TB, w *world) { w.facts.Now = noon.Add(24 * time.Hour) }},
	{"the version", OtherVersion, func(_ testing.TB, w *world) { w.facts.Version = "0.1.1" }},
	{"the mode", OtherMode, func(_ testing.TB, w *world) { w.config.Merchants[0].Mode = schema.ModeLive }},
	{"the settings", StaleSettings, func(_ testing.TB, w *world) { w.config.SettingsDigest += "x" }},
	{"the configuration", StaleConfig, func(_ testing.TB, w *world) { w.config.Digest += "x" }},
	{"the ledger", StaleLedger, func(t testing.TB, w *world) {
		w.write(t, statefile.Observed{Merchant: "12345678", Transact: "44444444", Status: 2})
	}},
}

func TestCheckRefusesAfterOneChange(t *testing.T) {
	for _, tt := range changes {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.change(t, w)
			approved, err := Check(w.plan, w.facts)
			if got := reason(err); got != tt.reason || approved.Plan() != nil {
				t.Errorf("Check = %v, want it refused as %s", err, tt.reason)
			}
			if !strings.Contains(err.Error(), "lan again") && !strings.Contains(err.Error(), "plan again") {
				t.Errorf("%v does not say what to do", err)
			}
		})
	}
}

// PROP, R30: any set of changes is refused, for the first of them; none is
// approved.
func TestCheckRefusesAnySetOfChanges(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		want := Reason("")
		for _, c := range changes {
			if rapid.IntRange(0, 2).Draw(r, c.name) > 0 {
				continue
			}
			c.change(t, w)
			if want == "" {
				want = c.reason
			}
		}
		approved, err := Check(w.plan, w.facts)
		if got := reason(err); got != want || (approved.Plan() != nil) != (want == "") {
			r.Fatalf("Check = %v, want %q", err, want)
		}
	})
}

func TestLedgerContinuity(t *testing.T) {
	for name, tt := range map[string]struct {
		head   func(hash string, seq uint64) plan.Head
		change func(testing.TB, *world)
		want   Reason
	}{
		"the same head":               {func(h string, n uint64) plan.Head { return plan.Head{Hash: h, Seq: n} }, nil, ""},
		"the ledger went on":          {func(h string, n uint64) plan.Head { return plan.Head{Hash: h, Seq: n} }, touchOther, ""},
		"an older head, nothing else": {func(string, uint64) plan.Head { return plan.Head{} }, nil, StaleLedger}, // 22222222 was touched since
		"another history":             {func(_ string, n uint64) plan.Head { return plan.Head{Hash: "sha256:other", Seq: n} }, nil, StaleLedger},
		"an empty head with a hash":   {func(h string, _ uint64) plan.Head { return plan.Head{Hash: h} }, nil, StaleLedger},
		"a longer history than ours":  {func(h string, n uint64) plan.Head { return plan.Head{Hash: h, Seq: n + 1} }, nil, StaleLedger},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := plan.Draft{Body: w.plan.Body, Counts: w.plan.Envelope.Counts, Positions: w.plan.Envelope.Positions}
			e := w.plan.Envelope
			e.Ledger = tt.head(w.file.State().Head())
			p, err := plan.Seal(d, e)
			if err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				tt.change(t, w)
			}
			if _, err := Check(p, w.facts); reason(err) != tt.want {
				t.Errorf("Check = %v, want %q", err, tt.want)
			}
		})
	}
}

// touchOther records something about a transaction without an action.
func touchOther(t testing.TB, w *world) {
	w.write(t, statefile.Observed{Merchant: "12345678", Transact: "55555555", Status: 7})
}

// A plan that was begun and started nothing is not used up.
func TestBegunIsNotApplied(t *testing.T) {
	w := newWorld(t)
	w.write(t, statefile.Begin{Plan: w.plan.Digest, Mode: "test", Actions: 4}, statefile.End{Plan: w.plan.Digest, NotStarted: 4})
	if _, err := Check(w.plan, w.facts); err != nil {
		t.Errorf("Check of a plan that started nothing = %v", err)
	}
}

func TestExpiry(t *testing.T) {
	for name, tt := range map[string]struct {
		now  time.Time
		want Reason
	}{
		"at once":                   {noon, ""},
		"the last moment":           {noon.Add(24*time.Hour - time.Nanosecond), ""},
		"too late":                  {noon.Add(24 * time.Hour), Expired},
		"another zone":              {noon.Add(time.Hour).In(time.FixedZone("", 3600)), ""},
		"a clock a little behind":   {noon.Add(-5 * time.Minute), ""},
		"a clock set back (R39)":    {noon.Add(-5*time.Minute - time.Nanosecond), Expired},
		"a clock ten years back":    {noon.AddDate(-10, 0, 0), Expired},
		"a clock ten years forward": {noon.AddDate(10, 0, 0), Expired},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.facts.Now = tt.now
			if _, err := Check(w.plan, w.facts); reason(err) != tt.want {
				t.Errorf("Check = %v, want %q", err, tt.want)
			}
		})
	}
	w := newWorld(t)
	d := plan.Draft{Body: w.plan.Body, Positions: w.plan.Envelope.Positions}
	e := w.plan.Envelope
	e.ExpiresAt = time.Time{}
	p, err := plan.Seal(d, e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Check(p, w.facts); reason(err) != Expired {
		t.Errorf("Check of a plan without expiry = %v", err)
	}
}

func TestCheckRefusesAnEmptyPlan(t *testing.T) {
	w := newWorld(t)
	p := w.seal(t, plan.Draft{Body: plan.Body{Mode: schema.ModeTest, SettingsDigest: w.config.SettingsDigest}})
	if _, err := Check(p, w.facts); reason(err) != Empty {
		t.Errorf("Check(empty) = %v", err)
	}
}

// R31: a crafted plan with right sums, digest and seal cannot smuggle anything.
func TestCheckRefusesCraftedActions(t *testing.T) {
	sum := func(actions []plan.Action) []plan.Sum {
		sums := []plan.Sum{}
		for _, a := range actions {
			i := slices.IndexFunc(sums, func(s plan.Sum) bool { return s.Currency == a.Currency && s.Verb == a.Verb })
			if i < 0 {
				i = len(sums)
				sums = append(sums, plan.Sum{Currency: a.Currency, Verb: a.Verb})
			}
			moved := a.ToMinor - a.FromMinor
			sums[i].Count, sums[i].Minor, sums[i].LargestMinor = sums[i].Count+1, sums[i].Minor+moved, max(sums[i].LargestMinor, moved)
		}
		slices.SortFunc(sums, func(a, b plan.Sum) int {
			return strings.Compare(a.Currency+string(a.Verb), b.Currency+string(b.Verb))
		})
		return sums
	}
	const capture, refund, all, cancel = 0, 1, 2, 3
	// What only planning anew can find; the rest stands in the configuration.
	onlyDerived := []string{
		"a refund from zero again", "a refund from further on", "a refund of more than all", "a refund of less than all", "another attempt", "another class",
		"a status that forbids it", "a status that contradicts", "an impossible status", "another reason", "an earlier attempt",
	}
	for name, tt := range map[string]struct {
		action int
		change func(*plan.Action)
	}{
		"another address":           {capture, func(a *plan.Action) { a.Address = "transaction.other" }},
		"another declared address":  {capture, func(a *plan.Action) { a.Address = "transaction.done" }},
		"another merchant":          {capture, func(a *plan.Action) { a.Merchant = "87654321" }},
		"another transact":          {capture, func(a *plan.Action) { a.Transact = "99999999" }},
		"another order":             {capture, func(a *plan.Action) { a.OrderID = "order-x" }},
		"another currency":          {capture, func(a *plan.Action) { a.Currency = "SEK" }},
		"a larger authorisation":    {capture, func(a *plan.Action) { a.AmountMinor = 30000 }},
		"a larger capture":          {capture, func(a *plan.Action) { a.ToMinor = 20000 }},
		"a smaller capture":         {capture, func(a *plan.Action) { a.ToMinor = 10000 }},
		"a capture into a refund":   {capture, func(a *plan.Action) { a.Verb = statefile.Refund }},
		"a capture into a cancel":   {capture, func(a *plan.Action) { a.Verb, a.ToMinor = statefile.Cancel, a.AmountMinor }},
		"a larger refund":           {refund, func(a *plan.Action) { a.ToMinor = 8001 }},
		"a refund from zero again":  {refund, func(a *plan.Action) { a.FromMinor = 0 }},
		"a refund from further on":  {refund, func(a *plan.Action) { a.FromMinor = 6000 }},
		"a refund of more than all": {all, func(a *plan.Action) { a.ToMinor = 15001 }},
		"a refund of less than all": {all, func(a *plan.Action) { a.ToMinor = 14000 }},
		"a cancel into a capture":   {cancel, func(a *plan.Action) { a.Verb = statefile.Capture }},
		"a cancel into a refund":    {cancel, func(a *plan.Action) { a.Verb = statefile.Refund }},
		"another attempt":           {refund, func(a *plan.Action) { a.Attempt = 2 }},
		"another class":             {refund, func(a *plan.Action) { a.Class = plan.SelfLimiting }},
		"a status that forbids it":  {refund, func(a *plan.Action) { a.Status = 11 }},
		"a status that contradicts": {refund, func(a *plan.Action) { a.Status = 5 }},
		"an impossible status":      {cancel, func(a *plan.Action) { a.Status = 5 }},
		"another reason":            {refund, func(a *plan.Action) { a.Reason = "none" }},
		"an earlier attempt":        {refund, func(a *plan.Action) { a.Earlier = "attempt 1 was declined" }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			body := w.plan.Clone().Body
			tt.change(&body.Actions[tt.action])
			body.Summary = sum(body.Actions)
			p := w.seal(t, plan.Draft{Body: body, Positions: w.plan.Envelope.Positions})
			_, err := Check(p, w.facts)
			if reason(err) != NotDesired {
				t.Errorf("Check = %v, want %s", err, NotDesired)
			}
			a := body.Actions[tt.action]
			i := slices.IndexFunc(w.config.Transactions, func(d schema.Transaction) bool { return d.Address == a.Address })
			if i >= 0 && (asked(w.config.Transactions[i], a) == nil) != slices.Contains(onlyDerived, name) {
				t.Errorf("asked = %v", asked(w.config.Transactions[i], a))
			}
			var refused *RefusedError
			if errors.As(err, &refused) && refused.Address != body.Actions[tt.action].Address {
				t.Errorf("refused for %s, want %s", refused.Address, body.Actions[tt.action].Address)
			}
			if says := "refund from 50.00 DKK to 80.00 DKK at status partly refunded (8), attempt 1, self-limiting"; name == "another class" && !strings.Contains(err.Error(), says) {
				t.Errorf("Check = %v, want %q in it", err, says)
			}
		})
	}
	// Less than the plan is a plan as well: apply makes its calls or fewer.
	w := newWorld(t)
	body := w.plan.Clone().Body
	body.Actions = body.Actions[1:3]
	body.Summary = sum(body.Actions)
	if _, err := Check(w.seal(t, plan.Draft{Body: body, Positions: w.plan.Envelope.Positions}), w.facts); err != nil {
		t.Errorf("Check of a part of the plan = %v", err)
	}
}

// What was right when the plan was made is refused when the configuration is
// another, even if somebody gives both the same digest.
func TestCheckDerivesFromTheConfiguration(t *testing.T) {
	for name, change := range map[string]func(*schema.Config){
		"removed":       func(c *schema.Config) { c.Transactions = c.Transactions[:1] },
		"not managed":   func(c *schema.Config) { c.Transactions[1].Refunded = schema.Total{} },
		"lower total":   func(c *schema.Config) { c.Transactions[1].Refunded.Amount = c.Transactions[0].Captured.Amount },
		"cancelled":     func(c *schema.Config) { c.Transactions[0].Cancelled, c.Transactions[0].Captured = true, schema.Total{} },
		"not cancelled": func(c *schema.Config) { c.Transactions[3].Cancelled = false },
		"other order":   func(c *schema.Config) { c.Transactions[2].OrderID = "order-y" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			change(w.config)
			if _, err := Check(w.plan, w.facts); reason(err) != NotDesired {
				t.Errorf("Check = %v, want %s", err, NotDesired)
			}
		})
	}
}

func BenchmarkCheck10000(b *testing.B) {
	w := &world{config: &schema.Config{Merchants: []schema.Merchant{{ID: "12345678", Mode: schema.ModeTest}}}}
	var seen []plan.Observation
	for i := range 10000 {
		id := fmt.Sprint(10000000 + i)
		w.declare(b, id, id, func(d *schema.Transaction) { d.Refunded = schema.Total{Declared: true, Full: true} })
		seen = append(seen, plan.Observation{Looked: true, Transact: dibs.TransactID(id), Status: 5})
	}
	state, err := statefile.Read(filepath.Join(b.TempDir(), "none"))
	if err != nil {
		b.Fatal(err)
	}
	d, _ := plan.Build(plan.BuildInput{Config: w.config, State: state, Observations: seen})
	p, err := plan.Seal(d, plan.Envelope{CreatedAt: noon, ExpiresAt: noon.Add(time.Hour)})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Check(p, Facts{Now: noon, Config: w.config, State: state}); err != nil {
			b.Fatal(err)
		}
	}
}

// R39: a plan is past its expiry by whichever clock says so; the gateway's
// prolongs nothing, and what makes no sense changes nothing but a note.
func TestExpiryByTheGatewaysClock(t *testing.T) {
	expires := noon.Add(24 * time.Hour)
	for name, tt := range map[string]struct {
		here, gateway time.Time
		want          Reason
		noted         bool
	}{
		"no date":                        {noon, time.Time{}, "", true},
		"the same":                       {noon, noon, "", false},
		"within the skew":                {noon, expires.Add(5 * time.Minute), "", false},
		"past the skew":                  {noon, expires.Add(5*time.Minute + time.Second), Expired, false},
		"ours set back by a day":         {noon, expires.Add(24 * time.Hour), Expired, false},
		"ten years ahead":                {noon, noon.AddDate(10, 0, 0), Expired, false},
		"ten years behind":               {noon, noon.AddDate(-10, 0, 0), "", true},
		"a little behind":                {noon, noon.Add(-5 * time.Minute), "", false},
		"expired here, not there":        {expires, noon, Expired, false},
		"expired here, no date":          {expires, time.Time{}, Expired, true},
		"expired here, ten years behind": {expires, noon.AddDate(-10, 0, 0), Expired, true},
	} {
		w := newWorld(t)
		w.facts.Now, w.facts.GatewayTime = tt.here, tt.gateway
		if _, err := Check(w.plan, w.facts); reason(err) != tt.want {
			t.Errorf("%s: Check = %v, want %q", name, err, tt.want)
		}
		if note := ClockNote(w.plan, w.facts); (note != "") != tt.noted {
			t.Errorf("%s: ClockNote = %q", name, note)
		}
	}
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		const decade = int64(10 * 366 * 24 * time.Hour / time.Second)
		jump := func(name string) time.Time {
			return noon.Add(time.Duration(rapid.Int64Range(-decade, decade).Draw(t, name)) * time.Second)
		}
		f := w.facts
		f.Now, f.GatewayTime = jump("here"), jump("gateway")
		if _, err := Check(w.plan, f); err == nil && (!f.Now.Before(expires) || f.GatewayTime.Sub(expires) > maxSkew) {
			t.Fatalf("accepted at %v, at the gateway %v", f.Now, f.GatewayTime)
		}
	})
}

package statefile

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// What cannot follow is refused before a byte is written, and is corrupt when
// it stands in a file all the same.
func TestImpossibleEntries(t *testing.T) {
	capture := intent("11111111", Capture, 0, 20000, 1, func(v *Intent) { v.Status = 2 })
	refund := intent("11111111", Refund, 0, 5000, 1)
	second := intent("11111111", Refund, 0, 5000, 2)
	more := intent("11111111", Refund, 5000, 8000, 1)
	cancel := intent("11111111", Cancel, 0, 20000, 1)
	again := func(attempt int) Intent {
		return intent("11111111", Reauthorise, 0, 20000, attempt, func(v *Intent) { v.Class = "moneyless" })
	}
	adopted := Adopted{
		Merchant: "12345678", OrderID: "11223344", Currency: "DKK", AmountMinor: 20000, CapturedMinor: 20000, RefundedMinor: 8000,
		Status: 8, Evidence: "refunded in the console", Actor: anna,
	}
	resolved := Resolved{Action: refund.Action, Done: true, Evidence: "seen in the console", Actor: anna}
	with := func(v Intent, change func(*Intent)) Intent { change(&v); return v }
	adopt := func(change func(*Adopted)) Adopted { v := adopted; v.Transact = "11111111"; change(&v); return v }
	called := Called{Service: "refund.cgi", Merchant: "12345678", Mode: "sandbox", Transact: "11111111", Parameters: "transact=11111111", Actor: anna}
	call := func(change func(*Called)) Called { v := called; change(&v); return v }
	answer := Answered{Call: 3, Result: Unknown}
	started := []Payload{begin(planA, 3)}
	then := func(p ...Payload) []Payload { return append(started[:1:1], p...) }

	for name, tt := range map[string]struct {
		before []Payload
		refuse Payload
		why    string
	}{
		"a second created":                    {nil, Created{FormatVersion, "x"}, "first entry"},
		"a begin without a plan":              {nil, begin("", 1), "names no plan"},
		"a begin of less than nothing":        {nil, begin(planA, -1), "-1 actions"},
		"a begin in another mode":             {started, Begin{Plan: planB, Mode: "live", Actions: 1}, "records sandbox money"},
		"a begin of a used plan":              {then(refund), begin(planA, 3), "applied already, from entry 2"},
		"an end of nothing":                   {nil, End{Plan: planA}, "not being applied"},
		"an end of another plan":              {started, End{Plan: planB}, "not being applied"},
		"a second end":                        {then(End{Plan: planA}), End{Plan: planA}, "not being applied"},
		"an intent without a plan":            {nil, refund, "not being applied"},
		"an intent after the end":             {then(End{Plan: planA}), refund, "not being applied"},
		"an intent too many":                  {[]Payload{begin(planA, 1), capture, outcome(capture, Accepted)}, refund, "has 1 actions"},
		"an intent under another name":        {started, with(refund, func(v *Intent) { v.Action = capture.Action }), "it claims 12345678"},
		"an intent of no verb":                {started, intent("11111111", "credit", 0, 5000, 1), "no action"},
		"an intent of no class":               {started, intent("11111111", Refund, 0, 5000, 1, func(v *Intent) { v.Class = "" }), "no class"},
		"an intent with no such window":       {started, with(refund, func(v *Intent) { v.SettleWindow = "10m" }), "no settle window"},
		"an intent with a window below zero":  {started, with(refund, func(v *Intent) { v.SettleWindow = "-10m0s" }), "no settle window"},
		"an intent with a window of nothing":  {started, with(refund, func(v *Intent) { v.SettleWindow = "0s" }), "no settle window"},
		"an intent that moves nothing":        {started, intent("11111111", Refund, 5000, 5000, 1), "no rise"},
		"an intent that goes down":            {started, intent("11111111", Refund, 8000, 5000, 1), "no rise"},
		"an intent above the authorised":      {started, intent("11111111", Refund, 0, 20001, 1), "more than the authorised"},
		"an intent below zero":                {started, intent("11111111", Refund, -1, 5000, 1), "below zero"},
		"an intent above all amounts":         {started, intent("11111111", Refund, 0, 1<<40, 1), "largest amount"},
		"an intent in no currency":            {started, intent("11111111", Refund, 0, 5000, 1, func(v *Intent) { v.Currency = "KRONER" }), "unknown currency"},
		"an intent in a currency's number":    {started, intent("11111111", Refund, 0, 5000, 1, func(v *Intent) { v.Currency = "208" }), "not written as"},
		"an intent with a separator":          {started, intent("1111/1111", Refund, 0, 5000, 1), "letters and digits"},
		"an intent of no transaction":         {started, intent("", Refund, 0, 5000, 1), "letters and digits"},
		"an attempt 0":                        {started, intent("11111111", Refund, 0, 5000, 0), "count from 1"},
		"an attempt 2 without a first":        {started, second, "no attempt 1"},
		"an attempt 2 while 1 is open":        {then(refund), second, "attempt 1 of 12345678/11111111/refund/0-5000/DKK is open"},
		"an attempt 2 while 1 is unknown":     {then(refund, outcome(refund, Unknown)), second, "is unknown, and only after a certain failure"},
		"an attempt 2 after success":          {then(refund, outcome(refund, Accepted)), second, "is accepted"},
		"an attempt 3 after the first":        {then(refund, outcome(refund, Declined)), intent("11111111", Refund, 0, 5000, 3), "no attempt 2"},
		"another action while one is open":    {then(refund), more, "is open, and blocks"},
		"another action while one is unknown": {then(refund, outcome(refund, Unknown)), more, "is unknown, and blocks"},
		"a step that leaves a gap":            {then(refund, outcome(refund, Accepted)), intent("11111111", Refund, 6000, 8000, 1), "total is 50.00 DKK, and the step begins at 60.00 DKK"},
		"a step that overlaps":                {then(refund, outcome(refund, Accepted)), intent("11111111", Refund, 0, 8000, 1), "total is 50.00 DKK"},
		"a step from before a reversal":       {then(refund, outcome(refund, Accepted), observed(refund, 10, VerdictReversed)), more, "total is 0.00 DKK"},
		"a refund above the captured":         {then(intent("11111111", Capture, 0, 4000, 1), outcome(intent("11111111", Capture, 0, 4000, 1), Accepted)), refund, "more than the captured 40.00 DKK"},
		"a refund of one øre too much":        {then(intent("11111111", Capture, 0, 4999, 1), outcome(intent("11111111", Capture, 0, 4999, 1), Accepted)), refund, "more than the captured 49.99 DKK"},
		"a refund in another currency":        {then(capture, outcome(capture, Accepted)), intent("11111111", Refund, 0, 5000, 1, func(v *Intent) { v.Currency = "SEK" }), "is in DKK, not in SEK"},
		"a capture of the cancelled":          {then(cancel, outcome(cancel, Accepted)), capture, "is cancelled"},
		"a cancel of the captured":            {then(capture, outcome(capture, Accepted)), cancel, "cannot be cancelled"},
		"a cancel of a part":                  {started, intent("11111111", Cancel, 0, 5000, 1), "whole authorised amount"},
		"a reauthorise of a part":             {started, intent("11111111", Reauthorise, 0, 5000, 1, func(v *Intent) { v.Class = "moneyless" }), "whole authorised amount"},
		"a reauthorise that moves money":      {started, intent("11111111", Reauthorise, 0, 20000, 1), "is not counted"},
		"a refund that moves no money":        {started, intent("11111111", Refund, 0, 5000, 1, func(v *Intent) { v.Class = "moneyless" }), "a refund is not moneyless"},
		"a reauthorise while one is unknown":  {then(again(1), outcome(again(1), Unknown)), again(2), "is unknown"},
		"a reauthorise 3 after the first":     {then(again(1), outcome(again(1), Accepted)), again(3), "no attempt 2"},
		"a reauthorise of the cancelled":      {then(cancel, outcome(cancel, Accepted)), again(1), "is cancelled"},
		"a capture while one is open":         {then(again(1)), capture, "is open, and blocks"},
		"an outcome of nothing":               {started, outcome(refund, Accepted), "no intent has claimed"},
		"an outcome without result":           {then(refund), outcome(refund, ""), "is no result"},
		"a second outcome":                    {then(refund, outcome(refund, Unknown)), outcome(refund, Accepted), "has an outcome already"},
		"an outcome after a verdict":          {then(refund, observed(refund, 5, VerdictNotDone)), outcome(refund, Accepted), "has an outcome already"},
		"a verdict of nothing":                {started, observed(refund, 5, VerdictDone), "no intent has claimed"},
		"a verdict without action":            {started, Observed{Merchant: "12345678", Transact: "11111111", Verdict: VerdictDone}, "must name its action"},
		"a verdict on another transaction":    {then(refund), Observed{Merchant: "12345678", Transact: "11111112", Action: refund.Action}, "not an action of transaction"},
		"a verdict of no kind":                {then(refund), observed(refund, 5, "lost"), "is no verdict"},
		"a status of no transaction":          {started, Observed{Merchant: "12345678"}, "letters and digits"},
		"done, of the declined":               {then(refund, outcome(refund, Declined)), observed(refund, 11, VerdictDone), "is declined, and cannot be found done"},
		"done, twice":                         {then(refund, observed(refund, 9, VerdictDone)), observed(refund, 9, VerdictDone), "is accepted, and cannot be found done"},
		"not done, of the accepted":           {then(refund, outcome(refund, Accepted)), observed(refund, 5, VerdictNotDone), "cannot be found not_done"},
		"settled, of the unknown":             {then(refund, outcome(refund, Unknown)), observed(refund, 11, VerdictSettled), "cannot be found settled"},
		"reversed, of the settled":            {then(refund, outcome(refund, Accepted), observed(refund, 8, VerdictSettled)), observed(refund, 10, VerdictReversed), "is done, and cannot be found reversed"},
		"a resolution of nothing":             {started, resolved, "no intent has claimed"},
		"a resolution of the known":           {then(refund, outcome(refund, Accepted)), resolved, "nothing to resolve"},
		"a resolution without evidence":       {then(refund), Resolved{Action: refund.Action}, "needs its evidence"},
		"an adoption without evidence":        {started, adopt(func(v *Adopted) { v.Evidence = "" }), "needs its evidence"},
		"an adoption over the unknown":        {then(refund), adopt(func(*Adopted) {}), "resolve it first"},
		"an adoption of too much":             {started, adopt(func(v *Adopted) { v.RefundedMinor = 20001 }), "each must be at most the next"},
		"an adoption above the authorised":    {started, adopt(func(v *Adopted) { v.AmountMinor = 1 }), "each must be at most the next"},
		"an adoption of less than nothing":    {started, adopt(func(v *Adopted) { v.RefundedMinor = -1 }), "below zero"},
		"an adoption cancelled and captured":  {started, adopt(func(v *Adopted) { v.Cancelled = true }), "nothing captured"},
		"an adoption in another currency":     {then(refund, outcome(refund, Declined)), adopt(func(v *Adopted) { v.Currency = "SEK" }), "is in DKK, not in SEK"},
		"an adoption in no currency":          {started, adopt(func(v *Adopted) { v.Currency = "208" }), "not written as"},
		"a call of nothing":                   {started, call(func(v *Called) { v.Service = "" }), "no service"},
		"a call without a mode":               {nil, call(func(v *Called) { v.Mode = "" }), "no mode"},
		"a call in another mode":              {started, call(func(v *Called) { v.Mode = "live" }), "records sandbox money"},
		"a begin in another mode than a call": {[]Payload{called}, Begin{Plan: planA, Mode: "live"}, "records sandbox money"},
		"a call with a separator":             {started, call(func(v *Called) { v.Transact = "1/1" }), "letters and digits"},
		"a call while an action is open":      {then(refund), called, "blocks its transaction"},
		"a call while an action is unknown":   {then(refund, outcome(refund, Unknown)), called, "blocks its transaction"},
		"an intent after a call":              {then(called), refund, "entry 3 called refund.cgi by hand"},
		"an intent after a call was accepted": {then(called, Answered{Call: 3, Result: Accepted}), refund, "by hand"},
		"an intent after an unknown call":     {then(called, answer), refund, "by hand"},
		"an answer to no call":                {started, answer, "entry 3 is no call"},
		"an answer to something else":         {then(called), Answered{Call: 2, Result: Unknown}, "entry 2 is no call"},
		"a second answer":                     {then(called, answer), answer, "an answer already"},
		"an answer that is none":              {then(called), Answered{Call: 3, Result: "maybe"}, "no result"},
		"an adoption of no transaction":       {started, adopt(func(v *Adopted) { v.Transact = "" }), "letters and digits"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Fold(append(tt.before[:len(tt.before):len(tt.before)], tt.refuse)...)
			e, ok := errors.AsType[*ImpossibleError](err)
			if !ok || e.Kind != tt.refuse.entryKind() || !strings.Contains(e.Why, tt.why) {
				t.Errorf("error %v, want *ImpossibleError with %q", err, tt.why)
			}
			if _, err := Fold(tt.before...); err != nil {
				t.Errorf("and what comes before is impossible too: %v", err)
			}
			seq := uint64(len(tt.before) + 2)
			wantCorrupt(t, "the same from a file", forged(t, append(tt.before[:len(tt.before):len(tt.before)], tt.refuse)...), seq)
		})
	}
}

// forged returns a ledger that looks right and holds whatever it is given.
func forged(t *testing.T, payloads ...Payload) []byte {
	t.Helper()
	var out []byte
	var head sum
	for i, p := range append([]Payload{Created{FormatVersion, "forged"}}, payloads...) {
		e := Entry{Seq: uint64(i + 1), Time: time.Unix(0, 0).UTC(), Kind: p.entryKind(), Prev: head.String()}
		p.put(&e)
		var err error
		if out, head, err = appendLine(out, &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, '\n')
	}
	return out
}

// waysTo are the histories of an action that lead to each state.
func waysTo(v Intent) map[ActionState][]Payload {
	return map[ActionState][]Payload{
		ActionOpen:     {v},
		ActionUnknown:  {v, outcome(v, Unknown)},
		ActionAccepted: {v, outcome(v, Accepted)},
		ActionDone:     {v, outcome(v, Accepted), observed(v, 8, VerdictSettled)},
		ActionDeclined: {v, outcome(v, Declined)},
		ActionNotSent:  {v, outcome(v, NotSent)},
		ActionNotDone:  {v, outcome(v, Unknown), observed(v, 5, VerdictNotDone)},
		ActionReversed: {v, outcome(v, Accepted), observed(v, 10, VerdictReversed)},
	}
}

// An action has one outcome, whatever became of it since.
func TestOneOutcome(t *testing.T) {
	refund := intent("11111111", Refund, 0, 5000, 1)
	for state, history := range waysTo(refund) {
		for result := range results {
			before := append([]Payload{begin(planA, 5)}, history...)
			_, err := Fold(append(before, outcome(refund, result))...)
			_, refused := errors.AsType[*ImpossibleError](err)
			if first := state == ActionOpen; first != (err == nil) || !first && !refused {
				t.Errorf("%s, and then an outcome that says %s: %v", state, result, err)
			}
		}
	}
}

// R20: an action is claimed once, whatever became of it.
func TestClaimedOnce(t *testing.T) {
	refund := intent("11111111", Refund, 0, 5000, 1)
	for state, history := range waysTo(refund) {
		history = append([]Payload{begin(planA, 5)}, history...)
		_, err := Fold(append(history, refund)...)
		e, ok := errors.AsType[*ClaimedError](err)
		if !ok || *e != (ClaimedError{refund.Action, 3, state}) {
			t.Errorf("a second claim of an action that is %s: %v", state, err)
		}
		wantCorrupt(t, state.String(), forged(t, append(history, refund)...), uint64(len(history)+2))
		_, err = Fold(append(history, intent("11111111", Refund, 0, 5000, 2))...)
		if state.Failed() != (err == nil) {
			t.Errorf("attempt 2 of an action that is %s: %v", state, err)
		}
	}
}

// What a total is after a reversal: less by the amount that was reversed,
// whatever followed it; but a person's statement stands over what is learned
// later of actions before it.
func TestReversal(t *testing.T) {
	a, b := intent("11111111", Refund, 0, 5000, 1), intent("11111111", Refund, 5000, 8000, 1)
	both := []Payload{begin(planA, 2), a, outcome(a, Accepted), b, outcome(b, Accepted)}
	statement := Adopted{
		Merchant: "12345678", Transact: "11111111", Currency: "DKK", AmountMinor: 20000, CapturedMinor: 20000, RefundedMinor: 9000,
		Evidence: "seen in the console",
	}
	for name, tt := range map[string]struct {
		then []Payload
		want string
	}{
		"of nothing":                {nil, "80.00 DKK"},
		"of the last":               {[]Payload{observed(b, 10, VerdictReversed)}, "50.00 DKK"},
		"of the first":              {[]Payload{observed(a, 10, VerdictReversed)}, "30.00 DKK"},
		"of both":                   {[]Payload{observed(a, 10, VerdictReversed), observed(b, 10, VerdictReversed)}, "0.00 DKK"},
		"after a statement":         {[]Payload{statement, observed(b, 10, VerdictReversed)}, "90.00 DKK, adopted"},
		"settled after a statement": {[]Payload{statement, observed(b, 8, VerdictSettled)}, "90.00 DKK, adopted"},
		"before a statement":        {[]Payload{observed(b, 10, VerdictReversed), statement}, "90.00 DKK, adopted"},
	} {
		s, err := Fold(append(both[:len(both):len(both)], tt.then...)...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tr, _ := s.Transaction(Key{"12345678", "11111111"})
		got := tr.Refunded.String()
		if tr.Adopted {
			got += ", adopted"
		}
		if got != tt.want {
			t.Errorf("reversal %s: refunded %s, want %s", name, got, tt.want)
		}
	}
}

// A person who states less than was accepted says that the accepted came to
// nothing (simulator seeds 195 and 2853): nothing later settles it, and its
// step can be offered again. What is final stays as it is.
func TestAdoptingLess(t *testing.T) {
	a, b := intent("11111111", Refund, 0, 5000, 1), intent("11111111", Refund, 5000, 8000, 1)
	captured := intent("11111111", Capture, 0, 20000, 1)
	history := []Payload{
		begin(planA, 9), captured, outcome(captured, Accepted), a, outcome(a, Accepted), observed(a, 8, VerdictSettled), b, outcome(b, Accepted),
	}
	adopted := Adopted{
		Merchant: "12345678", Transact: "11111111", Currency: "DKK", AmountMinor: 20000, CapturedMinor: 20000, RefundedMinor: 5000, Status: 10,
		Evidence: "the acquirer's list",
	}
	for name, tt := range map[string]struct {
		refunded int64
		want     string
	}{
		"all of it":           {8000, "accepted, done, accepted"},
		"less by the newest":  {5000, "accepted, done, reversed"},
		"less than was final": {4000, "accepted, done, reversed"},
	} {
		adopted.RefundedMinor = tt.refunded
		s, err := Fold(append(history[:len(history):len(history)], adopted)...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		tr, _ := s.Transaction(Key{"12345678", "11111111"})
		var states []string
		for _, x := range tr.Actions {
			states = append(states, x.State.String())
		}
		if got := strings.Join(states, ", "); got != tt.want {
			t.Errorf("adopting %s: the actions are %s, want %s", name, got, tt.want)
		}
	}
	adopted.RefundedMinor = 5000
	again := intent("11111111", Refund, 5000, 8000, 2)
	if _, err := Fold(append(history[:len(history):len(history)], adopted, again)...); err != nil {
		t.Errorf("the step cannot be tried again: %v", err)
	}
	settled := observed(b, 8, VerdictSettled)
	if _, err := Fold(append(history[:len(history):len(history)], adopted, settled)...); err == nil {
		t.Error("what a person took back is settled later")
	}
}

func TestFinal(t *testing.T) {
	v := intent("11111111", Refund, 0, 5000, 1)
	look := Observed{Merchant: v.Merchant, Transact: v.Transact, Status: 8}
	status := 8
	for name, tt := range map[string]struct {
		then []Payload
		want bool
	}{
		"open":                           {nil, false},
		"open, looked at":                {[]Payload{look}, false},
		"unknown":                        {[]Payload{outcome(v, Unknown), look}, false},
		"accepted":                       {[]Payload{outcome(v, Accepted), look}, false},
		"settled":                        {[]Payload{outcome(v, Accepted), observed(v, 8, VerdictSettled)}, true},
		"resolved as done":               {[]Payload{Resolved{Action: v.Action, Done: true, Evidence: "x"}}, false},
		"resolved as done, looked at":    {[]Payload{Resolved{Action: v.Action, Done: true, Evidence: "x"}, look}, true},
		"resolved as done with a status": {[]Payload{Resolved{Action: v.Action, Done: true, Evidence: "x", Status: &status}}, true},
		"declined, no total known":       {[]Payload{outcome(v, Declined), look}, false},
		"reversed":                       {[]Payload{outcome(v, Accepted), observed(v, 10, VerdictReversed)}, true},
	} {
		s, err := Fold(append([]Payload{begin(planA, 1), v}, tt.then...)...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if tr, _ := s.Transaction(Key{v.Merchant, v.Transact}); tr.Final() != tt.want {
			t.Errorf("a transaction whose action is %s: Final() = %t", name, tr.Final())
		}
	}
}

func TestPlanUse(t *testing.T) {
	v := intent("11111111", Refund, 0, 5000, 1)
	s, err := Fold(begin(planA, 2), begin(planA, 3), v, End{Plan: planA}, begin(planB, 1))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.PlanUse(planA), (PlanUse{Begun: true, Ended: true, Actions: 3, Started: 1, Seq: 2}); got != want {
		t.Errorf("PlanUse(A) = %+v, want %+v", got, want)
	}
	if got, want := s.PlanUse(planB), (PlanUse{Begun: true, Actions: 1, Seq: 6}); got != want {
		t.Errorf("PlanUse(B) = %+v, want %+v", got, want)
	}
	key := Key{v.Merchant, v.Transact}
	if !s.TouchedSince(key, 3) || s.TouchedSince(key, 4) || s.TouchedSince(Key{}, 0) {
		t.Error("entry 4 is the last about the transaction")
	}
	step, _ := v.Step()
	if got := s.Attempts(step); len(got) != 1 || got[0].ID != v.Action {
		t.Errorf("Attempts = %v", got)
	}
	if s.Mode() != "sandbox" || s.Ledger() == "" {
		t.Errorf("mode %q, ledger %q", s.Mode(), s.Ledger())
	}
	for _, seq := range []uint64{0, 7} {
		if hash, ok := s.HashAt(seq); ok {
			t.Errorf("HashAt(%d) = %s of 6 entries", seq, hash)
		}
	}
}

func TestFirstEntry(t *testing.T) {
	golden := short(t)
	lines := linesOf(golden)
	for name, tt := range map[string]struct {
		ledger []byte
		check  func(error) bool
	}{
		"none":                      {nil, isA[*EmptyError]},
		"another program's":         {[]byte("# a list\n"), isA[*ForeignError]},
		"JSON of another program":   {[]byte(`{"kind":"created","created":{"format_version":"1.0"}}` + "\n"), isA[*ForeignError]},
		"a plan":                    {[]byte(`{"format_version":"1.0","digest":"sha256:00","body":{}}`), isA[*ForeignError]},
		"no text":                   {bytes.Repeat([]byte{0xff}, 2*maxLine), isA[*ForeignError]},
		"zeros and text":            {append(make([]byte, 100), 'x'), isA[*CorruptError]},
		"zeros":                     {make([]byte, 100), isA[*CorruptError]},
		"a line too long":           {append([]byte(`{"seq":1,"time":"`), bytes.Repeat([]byte("x"), 2*maxLine)...), isA[*CorruptError]},
		"a later one":               {join(lines[1:]...), isA[*CorruptError]},
		"of a newer major version":  {reseal(bytes.Replace(golden, []byte(`"1.0"`), []byte(`"2.0"`), 1)), isA[*VersionError]},
		"of an older major version": {reseal(bytes.Replace(golden, []byte(`"1.0"`), []byte(`"0.9"`), 1)), isA[*CorruptError]},
		"of a changed version":      {bytes.Replace(golden, []byte(`"1.0"`), []byte(`"2.0"`), 1), isA[*CorruptError]},
		"of no version":             {reseal(bytes.Replace(golden, []byte(`"1.0"`), []byte(`"one"`), 1)), isA[*CorruptError]},
		"of no identity":            {forgedFirst(t, Created{FormatVersion, ""}), isA[*CorruptError]},
		"of another kind":           {forgedFirst(t, begin(planA, 1)), isA[*CorruptError]},
	} {
		if _, _, err := verify(tt.ledger); !tt.check(err) {
			t.Errorf("a first entry that is %s: %T %v", name, err, err)
		}
	}
}

func isA[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }

func forgedFirst(t *testing.T, p Payload) []byte {
	t.Helper()
	e := Entry{Seq: 1, Time: time.Unix(0, 0).UTC(), Kind: p.entryKind()}
	p.put(&e)
	line, _, err := appendLine(nil, &e)
	if err != nil {
		t.Fatal(err)
	}
	return append(line, '\n')
}

// R36: members that a newer minor version adds are left alone, wherever they
// stand. Nothing else is let through with them.
func TestNewerMinorVersion(t *testing.T) {
	newer := bytes.Replace(short(t), []byte(`"format_version":"1.0"`), []byte(`"format_version":"1.7"`), 1)
	add := func(old, new string) []byte {
		b := bytes.Replace(newer, []byte(old), []byte(new), 1)
		if bytes.Equal(b, newer) {
			t.Fatalf("%s is not there", old)
		}
		return reseal(b)
	}
	want, _, err := verify(short(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, ledger := range map[string][]byte{
		"none":                         reseal(newer),
		"in the entry":                 add(`"kind":"outcome"`, `"kind":"outcome","weight":{"a":[1,{}]}`),
		"in the payload":               add(`"orderid":"11223344"`, `"orderid":"11223344","basket":null,"x":true`),
		"named like ours, capitalised": add(`"attempt":1`, `"attempt":1,"Reason":"x"`),
		"in the first entry":           add(`"ledger":"`, `"region":"eu","ledger":"`),
		"in what a payload holds":      add(`"pid":4711`, `"pid":4711,"tty":"pts/0"`),
		"at the start of a payload":    add(`"outcome":{`, `"outcome":{"took_ms":12,`),
		"at the end, with a payload":   add(`"result":"accepted"}`, `"result":"accepted","took_ms":12},"note":"x"`),
	} {
		got, _, err := verify(ledger)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a, b := dump(want), dump(got); a != b {
			t.Errorf("%s: state\n%s\nwant\n%s", name, b, a)
		}
	}
	for name, ledger := range map[string][]byte{
		"a member of ours twice":  add(`"orderid":"11223344"`, `"orderid":"11223344","orderid":"11223344"`),
		"ours in another order":   add(`"attempt":1,"class":"counted"`, `"class":"counted","attempt":1`),
		"spaces":                  add(`"attempt":1`, `"attempt": 1`),
		"a kind of its own":       add(`"kind":"outcome"`, `"kind":"outcomes"`),
		"another payload of ours": add(`},"hash"`, `},"end":{},"hash"`),
		"a broken value":          add(`"orderid":"11223344"`, `"orderid":"11223344","x":{`),
	} {
		if _, _, err := verify(ledger); !isA[*CorruptError](err) {
			t.Errorf("%s: %v, want *CorruptError", name, err)
		}
	}
	if _, _, err := verify(reseal(bytes.Replace(short(t), []byte(`"orderid":`), []byte(`"x":1,"orderid":`), 1))); !isA[*CorruptError](err) {
		t.Errorf("an unknown member in our own version: %v, want *CorruptError", err)
	}
}

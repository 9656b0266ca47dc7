package plan

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

func TestBuildSplit(t *testing.T) {
	part := func(from, to int64, state statefile.ActionState) deed {
		return deed{statefile.Capture, from, to, state, 18, 0}
	}
	adopt := func(captured string) string {
		return `blocked: drift flexform adopt transaction.a --captured "` + captured + ` DKK" --refunded "0.00 DKK" --evidence "…"`
	}
	more := "\nnotice: This is one of several captures of a split payment: 80.00 DKK of 200.00 DKK stays to be captured."
	for name, tt := range map[string]struct {
		tale
		want string
	}{
		"the first capture":                  {tale{captured: "120.00", status: 18, split: &splitTale{}}, "capture 0->12000 #1 self-limiting" + more},
		"one more":                           {tale{captured: "120.00", status: 18, split: &splitTale{captured: 5000}, ledger: deeds(part(0, 5000, done))}, "capture 5000->12000 #1 counted" + more},
		"one more than somebody's":           {tale{captured: "120.00", status: 18, split: &splitTale{captured: 5000}}, "capture 5000->12000 #1 counted" + more},
		"the rest":                           {tale{captured: "full", status: 18, split: &splitTale{captured: 12000}}, "capture 12000->20000 #1 self-limiting"},
		"what is there":                      {tale{captured: "120.00", status: 18, split: &splitTale{captured: 12000}}, "unchanged"},
		"less than there is":                 {tale{captured: "50.00", status: 18, split: &splitTale{captured: 12000}}, "problem: Irreversible"},
		"all, and closed":                    {tale{captured: "full", status: 19, split: &splitTale{captured: 20000, closed: true}}, "unchanged"},
		"more, and closed":                   {tale{captured: "full", status: 19, split: &splitTale{captured: 12000, closed: true}}, "blocked: status"},
		"more, and just being closed":        {tale{captured: "full", status: 18, split: &splitTale{captured: 12000, pending: 10, closed: true}}, "blocked: settling"},
		"while a capture is pending":         {tale{captured: "full", status: 18, split: &splitTale{captured: 5000, pending: 7000}}, "blocked: settling"},
		"while one is in no sum":             {tale{captured: "full", status: 18, split: &splitTale{captured: 5000, hidden: 7000}}, "blocked: settling"},
		"own capture pending":                {tale{captured: "120.00", status: 18, split: &splitTale{captured: 5000, pending: 7000}, ledger: deeds(part(0, 5000, done), part(5000, 12000, accepted))}, "blocked: settling"},
		"own capture arrived":                {tale{captured: "120.00", status: 18, split: &splitTale{captured: 12000}, ledger: deeds(part(0, 5000, done), part(5000, 12000, accepted))}, "unchanged"},
		"own capture not to be seen":         {tale{captured: "120.00", status: 18, split: &splitTale{captured: 5000}, ledger: deeds(part(0, 5000, done), part(5000, 12000, accepted))}, `blocked: settling flexform adopt transaction.a --captured "… DKK" --refunded "0.00 DKK" --evidence "…"`},
		"own capture declined later":         {tale{captured: "120.00", status: 18, split: &splitTale{captured: 5000}, ledger: deeds(part(0, 5000, done), part(5000, 12000, reversed))}, "capture 5000->12000 #2 counted (attempt 1 was accepted, and declined by the acquirer later)" + more},
		"own capture unknown":                {tale{captured: "120.00", status: 18, split: &splitTale{captured: 5000}, ledger: deeds(part(0, 5000, done), part(5000, 12000, unknown))}, `blocked: unknown flexform resolve '12345678/11111111/capture/5000-12000/DKK#1' --outcome "done|not-done" --evidence "…"`},
		"somebody captured more":             {tale{captured: "120.00", status: 18, split: &splitTale{captured: 9000}, ledger: deeds(part(0, 5000, done))}, adopt("90.00")},
		"somebody's capture is adopted":      {tale{captured: "120.00", status: 18, split: &splitTale{captured: 9000}, ledger: deeds(part(0, 5000, done)), adopted: &adoption{captured: 9000, status: 18}}, "capture 9000->12000 #1 counted" + more},
		"cancelled by the ledger":            {tale{captured: "120.00", status: 18, split: &splitTale{}, ledger: deeds(cancelOf(done))}, adopt("0.00")},
		"to be cancelled":                    {tale{cancelled: true, status: 18, split: &splitTale{}}, "blocked: status"},
		"to be cancelled, and captured":      {tale{cancelled: true, status: 18, split: &splitTale{captured: 1}}, "problem: Irreversible"},
		"to be refunded":                     {tale{refunded: "50.00", status: 18, split: &splitTale{captured: 12000}}, "blocked: status"},
		"refunded as it is":                  {tale{refunded: "50.00", status: 18, split: &splitTale{captured: 12000, refunded: 5000}}, "unchanged"},
		"refunded more than captured":        {tale{refunded: "120.01", status: 18, split: &splitTale{captured: 12000}}, "problem: Refund exceeds captured amount"},
		"refunded less than there is":        {tale{refunded: "40.00", status: 18, split: &splitTale{captured: 12000, refunded: 5000}}, "problem: Irreversible"},
		"captured first, refunded later":     {tale{captured: "120.00", refunded: "50.00", status: 18, split: &splitTale{captured: 5000}}, "capture 5000->12000 #1 counted" + more},
		"refunded more than will be":         {tale{captured: "120.00", refunded: "130.00", status: 18, split: &splitTale{captured: 5000}}, "problem: Refund exceeds captured amount"},
		"without an API user":                {tale{captured: "120.00", status: 18}, "blocked: status"},
		"nothing declared, without API user": {tale{status: 18}, "unchanged"},
	} {
		t.Run(name, func(t *testing.T) {
			d, problems := Build(tt.input(t))
			if diff := cmp.Diff(tt.want, told(d, problems)); diff != "" {
				t.Errorf("Build(%+v) mismatch (-want +got):\n%s", tt.tale, diff)
			}
		})
	}
}

func TestSplitTexts(t *testing.T) {
	of := func(s tale) string {
		d, _ := Build(s.input(t))
		if len(d.Body.Blocked) != 1 {
			t.Fatalf("Build(%+v) blocks %d", s, len(d.Body.Blocked))
		}
		return d.Body.Blocked[0].Detail
	}
	for want, s := range map[string]tale{
		"set FLEXFORM_SHOP_USER and FLEXFORM_SHOP_PASSWORD, then plan again.":                   {captured: "120.00", status: 18},
		"The gateway's sums have 120.00 DKK captured, and not all of it is final.":              {captured: "full", status: 18, split: &splitTale{captured: 5000, pending: 7000}},
		"120.00 DKK is to be captured, but the split capture was closed at 50.00 DKK.":          {captured: "120.00", status: 19, split: &splitTale{captured: 5000, closed: true}},
		"The gateway's sums say 90.00 DKK captured, but the ledger has 50.00 DKK as captured. ": {captured: "120.00", status: 18, split: &splitTale{captured: 9000}, ledger: deeds(deed{statefile.Capture, 0, 5000, done, 18, 0})},
	} {
		if got := of(s); !strings.Contains(got, want) {
			t.Errorf("Build(%+v) says %q, want %q in it", s, got, want)
		}
	}
	in := tale{captured: "120.00", refunded: "50.00", status: 18, split: &splitTale{captured: 12000}}.input(t)
	in.Config.Merchants = append(in.Config.Merchants, schema.Merchant{Name: "other", ID: "1"})
	in.Observations[0].Parts = []Part{{"22222222", "11223344-1", dkk(t, 5000)}, {"22222223", `a"${b}\`, money.Amount{}}}
	d, _ := Build(in)
	want := `transaction "capture_22222222" {
  merchant = merchant.shop
  transact = "22222222"
  orderid  = "11223344-1"
  amount   = "50.00 DKK"
  captured = full
  refunded = "… DKK"
}
transaction "capture_22222223" {
  merchant = merchant.shop
  transact = "22222223"
  orderid  = "a\"$${b}\\"
  amount   = "… DKK"
  captured = full
  refunded = "… DKK"
}`
	if diff := cmp.Diff(want, d.Body.Blocked[0].Declare); diff != "" {
		t.Errorf("blocks to declare (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Position{{Address: address, Transact: transact, Status: &in.Observations[0].Status, Currency: "DKK", Captured: Figure{12000, FromGateway}, Refunded: Figure{0, FromGateway}}}, d.Positions); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}

// What sums prove of a capture: unknown early and late, accepted early and
// late. The ledger has 50.00 captured before it, and it takes 70.00 more. Only
// one that takes all the rest is ever proven not to have happened (R4).
func TestSumsAsEvidence(t *testing.T) {
	letters := map[Judgement]string{Happened: "h", Settled: "S", Reversed: "R", DidNotHappen: "N", Undecidable: "-"}
	for name, tt := range map[string]struct {
		now  *splitTale
		want string
	}{
		"no sums":                           {nil, "----"},
		"risen":                             {&splitTale{captured: 12000}, "SSSS"},
		"risen, and closed":                 {&splitTale{captured: 12000, closed: true}, "SSSS"},
		"risen, and pending":                {&splitTale{captured: 5000, pending: 7000}, "hhhh"},
		"risen, and pending while closing":  {&splitTale{captured: 5000, pending: 7000, closed: true}, "hhhh"},
		"risen, and another under way":      {&splitTale{captured: 12000, hidden: 10}, "hhhh"},
		"as before":                         {&splitTale{captured: 5000}, "---R"},
		"as before, and it may be hidden":   {&splitTale{captured: 5000, hidden: 7000}, "----"},
		"as before, with something pending": {&splitTale{captured: 4000, pending: 1000}, "----"},
		"as before, closed with none left":  {&splitTale{captured: 5000, hidden: 15000, closed: true}, "----"},
		"as before, closed":                 {&splitTale{captured: 5000, closed: true}, "---R"},
		"risen by less":                     {&splitTale{captured: 6000}, "----"},
		"risen by more":                     {&splitTale{captured: 13000}, "----"},
		"less than before":                  {&splitTale{captured: 4000}, "----"},
	} {
		got, counted := "", ""
		for _, state := range []statefile.ActionState{unknown, accepted} {
			for _, over := range []bool{false, true} {
				r, _ := tale{ledger: deeds(deed{statefile.Capture, 0, 5000, done, 18, 0}, deed{statefile.Capture, 5000, 12000, state, 18, 0})}.record(t)
				e := Evidence{Status: 18}
				if tt.now != nil {
					sums, err := ReadSums(tt.now.info(t))
					if err != nil {
						t.Fatal(err)
					}
					e.Sums = &sums
				}
				a := r.Actions[1]
				a.Class = string(SelfLimiting)
				got += letters[e.Judge(r, a, over)]
				a.Class = string(Counted)
				counted += letters[e.Judge(r, a, over)]
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if counted != tt.want {
			t.Errorf("%s, counted: %s, want %s", name, counted, tt.want)
		}
	}
	// One that takes all the rest leaves no room for another.
	rest, _ := tale{ledger: deeds(deed{statefile.Capture, 0, 5000, done, 18, 0}, deed{statefile.Capture, 5000, 20000, unknown, 18, 0})}.record(t)
	unmoved, err := ReadSums(splitTale{captured: 5000}.info(t))
	if err != nil {
		t.Fatal(err)
	}
	for over, want := range map[bool]Judgement{false: Undecidable, true: DidNotHappen} {
		if got := (Evidence{18, &unmoved}).Judge(rest, rest.Actions[1], over); got != want {
			t.Errorf("the rest, window over %t: %s, want %s", over, got, want)
		}
	}
	// It closes the base, and may be in no sum while the acquirer looks at it.
	hidden, err := ReadSums(splitTale{captured: 5000, hidden: 15000, closed: true}.info(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := (Evidence{19, &hidden}).Judge(rest, rest.Actions[1], true); got != Undecidable {
		t.Errorf("the rest, with nothing left: %s, want undecidable", got)
	}
	// Another capture with an open end makes every difference somebody's.
	r, _ := tale{ledger: deeds(deed{statefile.Capture, 0, 5000, accepted, 18, 0}, deed{statefile.Capture, 5000, 12000, unknown, 18, 0})}.record(t)
	sums, err := ReadSums(splitTale{captured: 5000}.info(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := (Evidence{18, &sums}).Judge(r, r.Actions[1], true); got != Undecidable {
		t.Errorf("with another one accepted: %s, want undecidable", got)
	}
}

func TestReadSums(t *testing.T) {
	good := splitTale{captured: 5000, pending: 1000}.info(t)
	for name, change := range map[string]func(*dibs.SplitPayInfo){
		"more captured than authorised": func(i *dibs.SplitPayInfo) { i.Captured = dkk(t, 19001) },
		"more refunded than captured":   func(i *dibs.SplitPayInfo) { i.Refunded = dkk(t, 6001) },
		"too much to add up":            func(i *dibs.SplitPayInfo) { i.Captured = dkk(t, money.MaxMinor) },
		"refunds too much to add up":    func(i *dibs.SplitPayInfo) { i.Refunded, i.PendingRefunds = dkk(t, money.MaxMinor), dkk(t, 1) },
	} {
		info := good
		change(&info)
		if sums, err := ReadSums(info); err == nil {
			t.Errorf("%s: ReadSums = %+v", name, sums)
		}
	}
	good.Refunded, good.PendingRefunds = dkk(t, 2000), dkk(t, 500)
	want := Sums{Authorised: dkk(t, 20000), Captured: dkk(t, 6000), Refunded: dkk(t, 2500), Open: true, Free: true}
	if sums, err := ReadSums(good); err != nil || sums != want {
		t.Errorf("ReadSums = %+v, %v; want %+v", sums, err, want)
	}
}

// The sums are read of a base only, its captures only when their refund is
// asked for.
func TestObserveSplit(t *testing.T) {
	for name, tt := range map[string]struct {
		refunded string
		fail     map[string]error
		calls    string
		err      string // part of the observation's
		parts    int
	}{
		"the sums":                      {"", nil, "transinfo, payinfo 1000000, splitpay_info 1000000", "", 0},
		"with what can be refunded":     {"10.00", nil, "transinfo, payinfo 1000000, splitpay_info 1000000, payinfo 22222222", "", 1},
		"a capture that cannot be read": {"10.00", map[string]error{"22222222": errors.New("broken")}, "transinfo, payinfo 1000000, splitpay_info 1000000, payinfo 22222222", "", 1},
		"sums that cannot be":           {"", nil, "", "sums of", 0},
		"sums of which there are none":  {"", nil, "", "the sums of its captures", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, d := scene(t, 1)
				d.status["1000000"] = dibs.StatusMulticapOpen
				info := splitTale{captured: 5000}.info(t)
				info.Parts = []dibs.SplitPart{{Transact: "22222222", OrderID: "order-1"}}
				switch {
				case strings.Contains(name, "cannot be") && tt.err != "":
					info.Refunded = dkk(t, 6000)
				case strings.Contains(name, "none"):
					info = dibs.SplitPayInfo{}
				}
				d.split = map[dibs.TransactID]dibs.SplitPayInfo{"1000000": info}
				for k, v := range tt.fail {
					d.fail[k] = v
				}
				in.Config.Transactions[0].Refunded = declare(t, tt.refunded)
				in.Config.Transactions[0].Captured = declare(t, "full")
				in.Gateways["1"] = Gateway{Reader: d, Login: true}
				seen, err := Observe(t.Context(), in)
				if tt.err != "" {
					if err == nil && (seen[0].Err == nil || !strings.Contains(seen[0].Err.Error(), tt.err)) || err != nil && !strings.Contains(err.Error(), tt.err) {
						t.Errorf("Observe = %+v, %v, want %q", seen, err, tt.err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.ReplaceAll(strings.Join(d.calls, ", "), "transinfo order-1000000", "transinfo"); got != tt.calls {
					t.Errorf("calls: %s, want %s", got, tt.calls)
				}
				if o := seen[0]; o.Sums == nil || o.Sums.Captured != dkk(t, 5000) || len(o.Parts) != tt.parts {
					t.Errorf("observation = %+v", o)
				}
			})
		})
	}
}

// What the ledger knows as final and as desired costs no further call.
func TestSettledSplitIsNotLookedAt(t *testing.T) {
	done := deeds(deed{statefile.Capture, 0, 5000, done, 18, 0})
	for name, tt := range map[string]struct {
		tale
		settled bool
	}{
		"as desired":       {tale{captured: "50.00", ledger: done}, true},
		"more desired":     {tale{captured: "full", ledger: done}, false},
		"refunds desired":  {tale{captured: "50.00", refunded: "0.00", ledger: done}, false},
		"nothing desired":  {tale{ledger: done}, false},
		"one is not final": {tale{captured: "50.00", ledger: deeds(deed{statefile.Capture, 0, 5000, accepted, 18, 0})}, false},
	} {
		r, _ := tt.record(t)
		r.Status, r.StatusKnown = 18, true
		if got := settledInLedger(tt.want(t), r); got != tt.settled {
			t.Errorf("%s: settled = %t", name, got)
		}
	}
}

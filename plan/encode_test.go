package plan

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs"
	"flexform/schema"
	"flexform/statefile"
)

var update = flag.Bool("update", false, "write golden files anew")

// sample is a plan with everything that a plan can hold.
func sample(t testing.TB) *Plan {
	t.Helper()
	in := BuildInput{Config: &schema.Config{
		Merchants:      []schema.Merchant{{ID: merchant, Mode: schema.ModeSandbox}},
		Digest:         "sha256:" + strings.Repeat("c", 64),
		SettingsDigest: "sha256:" + strings.Repeat("5", 64),
	}}
	known := memory{}
	add := func(address, transact string, s tale) {
		one := s.input(t)
		want, seen := one.Config.Transactions[0], one.Observations[0]
		want.Address, want.Transact, want.OrderID = address, transact, "4-"+transact
		want.Source.Start.Line = len(in.Config.Transactions) + 1
		if seen.Transact = dibs.TransactID(transact); seen.Err != nil {
			seen.Transact = ""
		}
		if r, ok := s.record(t); ok {
			r.Key.Transact, r.OrderID = transact, want.OrderID
			for i := range r.Actions {
				a := &r.Actions[i]
				a.Key = r.Key
				a.ID = statefile.ActionID(a.Step, a.Attempt)
			}
			known[r.Key] = r
		}
		in.Config.Transactions = append(in.Config.Transactions, want)
		in.Observations = append(in.Observations, seen)
	}
	add("transaction.order_1001", "11111111", tale{captured: "150.00", refunded: "50.00", status: 2})
	add(`transaction.recall["22222222"]`, "22222222", tale{refunded: "full", status: 7})
	add(`transaction.recall["33333333"]`, "33333333", tale{refunded: "50.00", status: 10, ledger: deeds(refundOf(0, 5000, accepted, 5))})
	add("transaction.order_1002", "44444444", tale{cancelled: true, status: 2})
	add("transaction.order_1003", "55555555", tale{refunded: "80.00", status: 8})
	add("transaction.order_1004", "66666666", tale{refunded: "80.00", status: 5, ledger: deeds(refundOf(0, 5000, unknown, 5))})
	add("transaction.order_1005", "77777777", tale{refunded: "80.00", unread: errors.New("read: connection reset")})
	add("transaction.order_1006", "88888888", tale{captured: "full", status: 5})
	in.State = known
	d, problems := Build(in)
	if len(problems) > 0 {
		t.Fatalf("Build: %v", problems)
	}
	p, err := Seal(d, Envelope{
		CreatedAt: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC),
		ExpiresAt: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC),
		Version:   "0.1.0", ConfigDigest: in.Config.Digest, Folder: ".", Commit: strings.Repeat("1", 40),
		Ledger: Head{Hash: "sha256:" + strings.Repeat("a", 64), Seq: 42},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// manyActions is a plan file of about that many bytes.
func manyActions(t testing.TB, size int) []byte {
	t.Helper()
	var d Draft
	d.Body.Mode = schema.ModeSandbox
	for i := 0; ; i++ {
		d.Body.Actions = append(d.Body.Actions, Action{
			Address: fmt.Sprintf(`transaction.recall["%d"]`, 10000000+i), Merchant: merchant, Transact: fmt.Sprint(10000000 + i),
			OrderID: fmt.Sprint("order ", i), Verb: statefile.Refund, Currency: "DKK", AmountMinor: 20000, ToMinor: 20000,
			Attempt: 1, Class: SelfLimiting, Status: 5, Reason: "recall",
		})
		if len(d.Body.Actions)*270 >= size {
			break
		}
	}
	d.Body.Summary = summarise(d.Body.Actions)
	p, err := Seal(d, Envelope{Version: "0.1.0"})
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, p)
}

func encode(t testing.TB, p *Plan) []byte {
	t.Helper()
	file, err := Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// R36: the file as this version writes it, kept forever.
func TestGolden(t *testing.T) {
	golden := filepath.Join("testdata", "plan-1.0.json")
	got := encode(t, sample(t))
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("Encode(sample) mismatch (-want +got):\n%s", diff)
	}
	p, err := Decode(want)
	if err != nil {
		t.Fatalf("Decode(golden) = %v", err)
	}
	if diff := cmp.Diff(sample(t), p); diff != "" {
		t.Errorf("Decode(golden) mismatch (-want +got):\n%s", diff)
	}
}

func TestEmptyPlanRoundTrip(t *testing.T) {
	p, err := Seal(Draft{Body: Body{Mode: schema.ModeTest}}, Envelope{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(encode(t, p))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, got); diff != "" || !got.Empty() {
		t.Errorf("Decode(Encode(empty)) mismatch (-want +got):\n%s", diff)
	}
}

// R31: no bit of a plan may change. Short runs flip a sample, long ones every
// bit of 64 KiB.
func TestFlipEveryBit(t *testing.T) {
	file := manyActions(t, 64<<10)
	if len(file) < 64<<10 {
		t.Fatalf("the plan has only %d bytes", len(file))
	}
	flips := make(chan int)
	go func() {
		defer close(flips)
		step := 1
		if testing.Short() {
			step = 97
		}
		for bit := range 8 * 64 { // the version stands there, which is looked at first
			flips <- bit
		}
		for bit := 0; bit < len(file)*8; bit += step {
			flips <- bit
		}
	}()
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			mine := bytes.Clone(file)
			for bit := range flips {
				mine[bit/8] ^= 1 << (bit % 8)
				if _, err := Decode(mine); !changed(err) {
					t.Errorf("bit %d of byte %d flipped: Decode = %v", bit%8, bit/8, err)
				}
				mine[bit/8] ^= 1 << (bit % 8)
			}
		})
	}
	workers.Wait()
	if _, err := Decode(file); err != nil {
		t.Errorf("Decode of the file itself = %v", err)
	}
}

// changed reports whether err says that a plan was changed, or names the format
// that a changed bit made of its own: it was a plan.
func changed(err error) bool {
	_, format := errors.AsType[*FormatError](err)
	return refusal(err) && !format
}

// refusal reports whether err is one of Decode's three.
func refusal(err error) bool {
	var tampered *TamperedError
	var version *VersionError
	var format *FormatError
	return errors.As(err, &tampered) || errors.As(err, &version) || errors.As(err, &format)
}

// reseal puts the right seal under changed text: what an attacker would do.
func reseal(file []byte) []byte {
	at := bytes.LastIndex(file, []byte(`  "seal"`))
	unsealed := file[:max(at, 0)]
	return append(bytes.Clone(unsealed), sealLines(sealOf(unsealed))...)
}

// R31, R36: what a changed file is refused for, even with the right seal.
func TestDecodeRefuses(t *testing.T) {
	file := string(encode(t, sample(t)))
	swap := func(old, new string) string {
		t.Helper()
		changed := strings.Replace(file, old, new, 1)
		if changed == file {
			t.Fatalf("the sample has no %q", old)
		}
		return changed
	}
	digestOfFile := sample(t).Digest
	for name, tt := range map[string]struct{ file, want string }{
		"nothing":                 {"", "plan: line 1: this is not a plan file"},
		"another JSON":            {`{"a":1}`, "plan: line 1: this is not a plan file"},
		"a list":                  {`["format_version"]`, "plan: line 1: this is not a plan file"},
		"a numeric version":       {`{"format_version":1}`, "plan: line 2: the format version is not a text"},
		"a newer format":          {`{"format_version":"2.0","anything":[]}`, `plan: the file has format "2.0", this flexform reads "1.0"; use the flexform that made it, or plan again`},
		"an older format":         {swap(`"1.0"`, `"0.9"`), `plan: the file has format "0.9", this flexform reads "1.0"; use the flexform that made it, or plan again`},
		"cut short":               {file[:len(file)-1], "plan: the seal does not match: it was changed after it was made; plan again"},
		"text after the end":      {file + " ", "plan: the seal does not match: it was changed after it was made; plan again"},
		"no seal":                 {`{"format_version":"1.0"}`, "plan: the seal does not match: it was changed after it was made; plan again"},
		"other line ends":         {strings.ReplaceAll(file, "\n", "\r\n"), "plan: the seal does not match: it was changed after it was made; plan again (its lines end with CR LF: keep git from converting them, *.plan.json -text)"},
		"an amount":               {swap(`"to_minor":15000`, `"to_minor":15001`), "plan: the seal does not match: it was changed after it was made; plan again"},
		"sealed amount":           {string(reseal([]byte(swap(`"to_minor":15000`, `"to_minor":15001`)))), "plan: the summary does not match: it was changed after it was made; plan again"},
		"sealed reason":           {string(reseal([]byte(swap(`"reason":"because"`, `"reason":"why not"`)))), "plan: the digest does not match: it was changed after it was made; plan again"},
		"sealed digest":           {string(reseal([]byte(swap(digestOfFile, "sha256:"+strings.Repeat("0", 64))))), "plan: the digest does not match: it was changed after it was made; plan again"},
		"sealed spaces":           {string(reseal([]byte(swap(`"count":1,`, `"count": 1,`)))), "plan: line 8: not written as flexform writes it"},
		"sealed number":           {string(reseal([]byte(swap(`"count":1,`, `"count":1.0,`)))), "plan: line 8: json: cannot unmarshal number 1.0 into Go struct field Sum.count of type int"},
		"sealed key twice":        {string(reseal([]byte(swap(`"count":1,`, `"count":1,"count":1,`)))), "plan: line 8: not written as flexform writes it"},
		"sealed unknown key":      {string(reseal([]byte(swap(`"count":1,`, `"count":1,"more":1,`)))), "plan: line 8: not written as flexform writes it"},
		"sealed key in capital":   {string(reseal([]byte(swap(`"count":1,`, `"Count":1,`)))), "plan: line 8: not written as flexform writes it"},
		"sealed escape":           {string(reseal([]byte(swap(`"because"`, `"becaus\u0065"`)))), "plan: line 13: not written as flexform writes it"},
		"sealed order":            {string(reseal([]byte(swap(`"mode": "sandbox"`, `"Mode": "sandbox"`)))), `plan: line 5: want "mode"`},
		"sealed indentation":      {string(reseal([]byte(swap(`    "mode"`, `     "mode"`)))), `plan: line 5: want "mode"`},
		"sealed missing comma":    {string(reseal([]byte(swap(`"mode": "sandbox",`, `"mode": "sandbox"`)))), `plan: line 5: want a comma before "settings_digest"`},
		"sealed comma at the end": {string(reseal([]byte(swap("    ]\n  },\n  \"envelope\"", "    ],\n  },\n  \"envelope\"")))), "plan: line 26: want no comma before the end of an object"},
		"sealed empty list":       {string(reseal([]byte(swap(`"notices": [`, "\"notices\": [\n    ],\n    \"was\": [")))), "plan: line 19: not laid out as a plan file is"},
		"sealed second object":    {string(reseal([]byte(swap(`  "envelope": {`, "  \"body\": {},\n  \"envelope\": {")))), `plan: line 28: want "envelope"`},
		"sealed after the end":    {string(reseal([]byte(strings.Replace(file, `  "seal"`, "  \"more\": 1,\n  \"seal\"", 1)))), "plan: line 45: want the seal next"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Decode([]byte(tt.file))
			if err == nil || err.Error() != tt.want || p != nil {
				t.Errorf("Decode = %v, %v\nwant %s", p, err, tt.want)
			}
			// With the right seal it is no slip of the hand, whatever is wrong.
			if format, ok := errors.AsType[*FormatError](err); ok && format.Sealed != strings.HasPrefix(name, "sealed") {
				t.Errorf("Decode = %v, with Sealed %v", err, format.Sealed)
			}
		})
	}
}

// A plan that a caller changed in memory is neither written nor verified.
func TestChangedInMemory(t *testing.T) {
	for name, change := range map[string]func(*Plan){
		"version":  func(p *Plan) { p.FormatVersion = "1.1" },
		"digest":   func(p *Plan) { p.Digest = "" },
		"seal":     func(p *Plan) { p.Seal = "" },
		"envelope": func(p *Plan) { p.Envelope.ExpiresAt = p.Envelope.ExpiresAt.Add(time.Hour) },
		"counts":   func(p *Plan) { p.Envelope.Counts.Unchanged++ },
		"position": func(p *Plan) { p.Envelope.Positions[0].Captured.Minor++ },
		"amount":   func(p *Plan) { p.Body.Actions[0].ToMinor-- },
		"reason":   func(p *Plan) { p.Body.Actions[0].Reason = "" },
		"summary":  func(p *Plan) { p.Body.Summary[0].Count++ },
		"notice":   func(p *Plan) { p.Body.Notices = nil },
		"blocked":  func(p *Plan) { p.Body.Blocked[0].Detail += "." },
		"mode":     func(p *Plan) { p.Body.Mode = schema.ModeLive },
	} {
		t.Run(name, func(t *testing.T) {
			p := sample(t)
			whole := p.Clone()
			change(p)
			if err := p.Verify(); !refusal(err) {
				t.Errorf("Verify = %v", err)
			}
			if _, err := Encode(p); !refusal(err) {
				t.Errorf("Encode = %v", err)
			}
			if name == "blocked" {
				return // the clone shares nothing but the statuses
			}
			if err := whole.Verify(); err != nil {
				t.Errorf("the clone: Verify = %v", err)
			}
		})
	}
}

// Seal and Verify refuse actions that no Build makes.
func TestSealRefusesWhatIsNoStep(t *testing.T) {
	for name, change := range map[string]func(*Action){
		"no address":        func(a *Action) { a.Address = "" },
		"no order id":       func(a *Action) { a.OrderID = "" },
		"not UTF-8":         func(a *Action) { a.OrderID = "\xff" },
		"verb":              func(a *Action) { a.Verb = "payout" },
		"currency":          func(a *Action) { a.Currency = "dkk" },
		"negative":          func(a *Action) { a.FromMinor = -1 },
		"backwards":         func(a *Action) { a.FromMinor = a.ToMinor },
		"too much":          func(a *Action) { a.ToMinor = a.AmountMinor + 1 },
		"beyond the cap":    func(a *Action) { a.AmountMinor = 1 << 40 },
		"capture from more": func(a *Action) { a.Verb, a.FromMinor = statefile.Capture, 1 },
		"cancel of a part":  func(a *Action) { a.Verb, a.ToMinor = statefile.Cancel, a.AmountMinor-1 },
		"attempt":           func(a *Action) { a.Attempt = 0 },
		"class":             func(a *Action) { a.Class = "" },
	} {
		t.Run(name, func(t *testing.T) {
			p := sample(t)
			d := Draft{Body: Body{Mode: p.Body.Mode, Actions: p.Body.Actions[1:2]}}
			change(&d.Body.Actions[0])
			d.Body.Summary = summarise(d.Body.Actions)
			if _, err := Seal(d, Envelope{}); !refusal(err) {
				t.Errorf("Seal = %v", err)
			}
		})
	}
	one := sample(t).Body.Actions[1]
	d := Draft{Body: Body{Mode: schema.ModeSandbox, Actions: []Action{one, one}, Summary: summarise([]Action{one, one})}}
	if _, err := Seal(d, Envelope{}); !refusal(err) {
		t.Errorf("Seal(the same transaction twice) = %v", err)
	}
	d = Draft{Body: Body{Mode: "prod"}}
	if _, err := Seal(d, Envelope{}); !refusal(err) {
		t.Errorf("Seal(mode prod) = %v", err)
	}
	if _, err := Decode(make([]byte, MaxFile+1)); !refusal(err) {
		t.Errorf("Decode(too large) = %v", err)
	}
}

// R37: a crafted file with a right seal cannot make the decoder hold much more
// than its size.
func TestDecodeMemory(t *testing.T) {
	honest := manyActions(t, 1<<20)
	head := honest[:bytes.Index(honest, []byte("      {\"address"))]
	crafted := func(line string) []byte {
		return reseal(append(bytes.Clone(head), strings.Repeat(line, (1<<20)/len(line))+`  "seal"`...))
	}
	for name, tt := range map[string]struct {
		file   []byte
		accept bool
	}{
		"an honest plan":   {honest, true},
		"empty objects":    {crafted("      {},\n"), false},
		"empty lines":      {crafted("\n"), false},
		"one deep line":    {crafted("["), false},
		"one line of text": {crafted("      {\"address\":\"" + strings.Repeat("a", 500<<10) + "\"},\n"), false},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			p, err := Decode(tt.file)
			runtime.GC()
			runtime.ReadMemStats(&after)
			if (err == nil) != tt.accept {
				t.Fatalf("Decode = %v", err)
			}
			held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
			all := int64(after.TotalAlloc - before.TotalAlloc)
			if limit := 4 * int64(len(tt.file)); held > limit || !tt.accept && all > limit {
				t.Errorf("%d bytes: holds %d, allocated %d", len(tt.file), held, all)
			}
			runtime.KeepAlive(p)
		})
	}
}

// FuzzDecode: what is accepted is exactly what Encode writes (R31, R37). Half
// of the inputs get the right seal, so that the reader behind it is reached.
func FuzzDecode(f *testing.F) {
	file := encode(f, sample(f))
	f.Add(file, false)
	f.Add(file, true)
	f.Add(encode(f, ticketPlan(f)), true)
	f.Add([]byte(`{"format_version":"1.0"}`), true)
	f.Fuzz(func(t *testing.T, file []byte, sealed bool) {
		if sealed {
			file = reseal(file)
		}
		p, err := Decode(file)
		if err != nil {
			if !refusal(err) || p != nil {
				t.Fatalf("Decode = %v, %v", p, err)
			}
			return
		}
		again, err := Encode(p)
		if err != nil || !bytes.Equal(again, file) {
			t.Fatalf("Encode(Decode(x)) differs from x: %v", err)
		}
	})
}

// A random change of a few bytes, resealed, is refused or is a plan that
// encodes to the very same bytes.
func TestMutatedFiles(t *testing.T) {
	file := encode(t, sample(t))
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		mutant := bytes.Clone(file)
		for range 1 + r.IntN(3) {
			mutant[r.IntN(len(mutant))] = "{}[],:\"0a\n \\"[r.IntN(12)]
		}
		mutant = reseal(mutant)
		p, err := Decode(mutant)
		if err != nil {
			continue
		}
		if again := encode(t, p); !bytes.Equal(again, mutant) {
			t.Fatalf("accepted, but written differently:\n%s", mutant)
		}
	}
}

package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
)

func TestParseFault(t *testing.T) {
	tests := map[string]struct {
		want sandbox.Fault
		text string // in the fixed order; empty: as written
	}{
		"refund.cgi drop":              {want: sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultDrop}},
		"* delay=2s":                   {want: sandbox.Fault{Service: "*", Do: sandbox.FaultDelay, Delay: 2 * time.Second}},
		"refund.cgi drop commit=first": {want: sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultDrop, Commit: sandbox.CommitFirst}},
		"refund.cgi drop commit=5s":    {want: sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultDrop, Commit: sandbox.CommitLate, Late: 5 * time.Second}},
		"money  answer=11\tcommit=held   nth=3": {
			want: sandbox.Fault{Service: "money", Nth: 3, Do: sandbox.FaultAnswer, Number: 11, Commit: sandbox.CommitHeld},
			text: "money nth=3 answer=11 commit=held",
		},
		"capture.cgi transact=11111111 orderid=a/1 every=2 times=3 chance=0.25 seed=7 http=503 delay=1m": {
			want: sandbox.Fault{
				Service: "capture.cgi", Transact: "11111111", OrderID: "a/1", Every: 2, Times: 3, Chance: 0.25, Seed: 7,
				Do: sandbox.FaultHTTP, Number: 503, Delay: time.Minute,
			},
			text: "capture.cgi chance=0.25 every=2 orderid=a/1 seed=7 times=3 transact=11111111 http=503 delay=1m",
		},
		"payinfo.cgi redirect=307 to=http://127.0.0.1:1/x": {
			want: sandbox.Fault{Service: "payinfo.cgi", Do: sandbox.FaultRedirect, Number: 307, Words: "http://127.0.0.1:1/x"},
		},
		"refund.cgi reset":             {want: sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultReset}},
		"refund.cgi reset=40":          {want: sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultReset, Number: 40}},
		"refund.cgi cut=0":             {want: sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultCut}},
		"transinfo.cgi slow=10ms":      {want: sandbox.Fault{Service: "transinfo.cgi", Do: sandbox.FaultSlow, Pause: 10 * time.Millisecond}},
		"transinfo.cgi charset=utf-16": {want: sandbox.Fault{Service: "transinfo.cgi", Do: sandbox.FaultCharset, Words: "utf-16"}},
		"refund.cgi declined":          {want: sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultDeclined}},
		"refund.cgi declined=5s":       {want: sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultDeclined, Pause: 5 * time.Second}},
		"payinfo.cgi nth=2 down=2s":    {want: sandbox.Fault{Service: "payinfo.cgi", Nth: 2, Do: sandbox.FaultDown, Pause: 2 * time.Second}},
		"connection nth=2 reset-at=40": {want: sandbox.Fault{Service: "connection", Nth: 2, Do: sandbox.FaultResetAt, Number: 40}},
		"connection every=2 refuse":    {want: sandbox.Fault{Service: "connection", Every: 2, Do: sandbox.FaultRefuse}},
		"payinfo.cgi before=refund:5.00 after=cancel": {
			want: sandbox.Fault{Service: "payinfo.cgi", Do: sandbox.FaultDelay, Before: sandbox.Deed{Kind: sandbox.MoveRefund, Amount: "5.00"}, After: sandbox.Deed{Kind: sandbox.MoveCancel}},
		},
		"refund.cgi after=refund commit=held drop": {
			want: sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultDrop, After: sandbox.Deed{Kind: sandbox.MoveRefund}, Commit: sandbox.CommitHeld},
			text: "refund.cgi drop after=refund commit=held",
		},
		"refund.cgi answer=0": {want: sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultAnswer}},
	}
	for line, tt := range tests {
		t.Run(line, func(t *testing.T) {
			got, err := sandbox.ParseFault(line)
			if err != nil {
				t.Fatalf("ParseFault(%q): %v", line, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ParseFault(%q) mismatch (-want +got):\n%s", line, diff)
			}
			if tt.text == "" {
				tt.text = line
			}
			if got.String() != tt.text {
				t.Errorf("ParseFault(%q) writes %q, want %q", line, got, tt.text)
			}
		})
	}
}

func TestParseFaultRefuses(t *testing.T) {
	tests := map[string]string{
		"":                                     "write a service and what happens",
		"refund drop":                          `no service "refund"`,
		"refund.cgi":                           `no fault ""`,
		"refund.cgi drp":                       `no fault "drp"`,
		"refund.cgi drop html":                 "drop and html: only one",
		"refund.cgi drop drop":                 "drop stands twice",
		"refund.cgi nth=1 nth=2 drop":          "nth stands twice",
		"refund.cgi nth=0 drop":                "a whole number from 1",
		"refund.cgi nth=-1 drop":               "a whole number from 1",
		"refund.cgi nth=1 times=2 drop":        "nth is one call already",
		"refund.cgi nth= drop":                 "nth= has no value",
		"refund.cgi drop=3":                    "drop has no value",
		"refund.cgi transact drop":             "transact needs a value",
		"refund.cgi chance=1 drop":             "above 0 and below 1",
		"refund.cgi chance=0 drop":             "above 0 and below 1",
		"refund.cgi chance=NaN drop":           "above 0 and below 1",
		"refund.cgi seed=3 drop":               "seed is for a fault with a chance",
		"refund.cgi http=200":                  "write 400 to 599",
		"refund.cgi http":                      "a whole number",
		"refund.cgi redirect=304":              "301, 302, 303, 307 or 308",
		"refund.cgi answer=+4":                 "a whole number",
		"refund.cgi answer=10000":              "a code up to 9999",
		"refund.cgi reset=0":                   "write reset",
		"refund.cgi slow=2h":                   "a time is up to 1h",
		"refund.cgi delay=-1s":                 "a duration such as 5s",
		"refund.cgi charset=ebcdic":            "charset=ebcdic: write one of utf-16, ",
		"refund.cgi html to=/x":                "to is for a redirect",
		"refund.cgi drop commit=sometime":      "write first, never, last, held",
		"refund.cgi drop commit=late":          "write first, never, last, held",
		"refund.cgi drop commit":               "write first, never, last, held",
		"refund.cgi refuse":                    `write connection instead of refund.cgi, as in "connection nth=2 refuse"`,
		"refund.cgi nth=1 reset-at=3":          `write connection instead of refund.cgi, as in "connection nth=2 reset-at=3"`,
		"connection nth=1 reset-at=0":          "write a byte from 1",
		"connection nth=1 drop":                "a connection knows no drop: write refuse, drop-at=BYTE or reset-at=BYTE",
		"connection nth=1 times=2 refuse":      "nth is one call already",
		"connection refuse":                    "nobody could reach this gateway any more",
		"connection every=1 refuse":            "nobody could reach this gateway any more",
		"connection transact=1 nth=1 refuse":   "nothing is known but its turn",
		"connection nth=1 refuse delay=1s":     "nothing is known but its turn",
		"connection nth=1 refuse commit=held":  "nothing is known but its turn",
		"connection nth=1 refuse after=refund": "nothing is known but its turn",
		"payinfo.cgi declined":                 "declined is for capture.cgi and refund.cgi",
		"refund.cgi declined commit=held":      "declined shows the true reply",
		"refund.cgi down":                      "down=: write a duration",
		"refund.cgi after=charge":              "after=charge: write capture, refund or cancel",
		"refund.cgi after=refund:":             "after=refund:: write capture, refund or cancel",
		"refund.cgi after=refund:x":            "after=refund:x: write capture, refund or cancel",
		"refund.cgi after=cancel:5.00":         "after=cancel:5.00: write capture, refund or cancel",
		"refund.cgi after":                     "after=: write capture",
		"refund.cgi cut=3 commit=never":        "cut shows the true reply",
		"refund.cgi twice commit=last":         "twice shows the true reply",
		"refund.cgi reset=3 commit=never":      "reset shows the true reply",
	}
	for line, want := range tests {
		t.Run(line, func(t *testing.T) {
			if f, err := sandbox.ParseFault(line); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("ParseFault(%q) = %q, error %v, want %q", line, f, err, want)
			}
		})
	}
}

// TestReadFaults: each line that is wrong is named in one go.
func TestReadFaults(t *testing.T) {
	faults, err := sandbox.ReadFaults(strings.NewReader("# what goes wrong\r\n\r\n  refund.cgi drop\r\n* delay=1s"))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(faults); got != 2 || faults[0].String() != "refund.cgi drop" || faults[1].String() != "* delay=1s" {
		t.Errorf("read %v", faults)
	}
	_, err = sandbox.ReadFaults(strings.NewReader("# comment\nrefund.cgi drop\nrefund.cgi drp\n\n* http=1\n"))
	if err == nil || !strings.Contains(err.Error(), `line 3: no fault "drp"`) || !strings.Contains(err.Error(), "\nline 5: http=1 is not possible: write 400 to 599") {
		t.Errorf("two wrong lines: %v", err)
	}
	if _, err := sandbox.ReadFaults(strings.NewReader(strings.Repeat("* drop\n", 1001))); err == nil || !strings.Contains(err.Error(), "line 1001: 1000 faults are the most") {
		t.Errorf("too many: %v", err)
	}
}

// FuzzParseFault: what is accepted says the same again when it is written, and
// nothing of the line was passed over.
func FuzzParseFault(f *testing.F) {
	for _, line := range []string{
		"refund.cgi nth=2 drop commit=first", "money chance=0.25 seed=7 http=503 delay=1m30s", "* redirect=307 to=/x", "capture.cgi slow=10ms",
		"refund.cgi transact=11111111 reset=40", "payinfo.cgi charset=utf-16", "* cut=0", "refund.cgi answer=11 commit=1h",
		"connection every=2 times=3 drop-at=7", "refund.cgi before=refund:5.00 after=cancel declined=1s", "* down=2s", "money bomb",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		fault, err := sandbox.ParseFault(line)
		if err != nil {
			return
		}
		again, err := sandbox.ParseFault(fault.String())
		if err != nil {
			t.Fatalf("%q is written as %q: %v", line, fault, err)
		}
		if diff := cmp.Diff(fault, again); diff != "" {
			t.Errorf("%q is written as %q, and differs (-want +got):\n%s", line, fault, diff)
		}
		if got, want := len(strings.Fields(fault.String())), len(strings.Fields(line)); got != want {
			t.Errorf("%q has %d words, written as %q it has %d", line, want, fault, got)
		}
		text, err := json.Marshal(fault)
		var back sandbox.Fault
		if err != nil || json.Unmarshal(text, &back) != nil || back != fault {
			t.Errorf("%q in JSON is %s, and reads as %q: %v", fault, text, back, err)
		}
	})
}

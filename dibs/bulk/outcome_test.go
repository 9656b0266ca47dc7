package bulk

import (
	"strconv"
	"testing"

	"flexform/dibs"
)

// R7: every code in every kind of file, against a list that stands here.
func TestEveryCodeHasItsOutcome(t *testing.T) {
	accepted := map[int]bool{0: true, 1000: true}
	declined := map[int]bool{3: true, 4: true, 5: true, 6: true, 7: true, 8: true, 9: true, 10: true, 14: true, 15: true}
	for k := Refund; k.Valid(); k++ {
		for code := range 1100 {
			want := Unknown
			switch {
			case accepted[code]:
				want = Accepted
			case k.Tickets() && (code == 3 || code == 6): // other meanings in the other table
			case declined[code]:
				want = Declined
			}
			text := strconv.Itoa(code)
			if v := judge(k, []string{text}, ""); v.outcome != want || v.result != dibs.Result(code) || (v.why != "") != (want == Unknown) {
				t.Errorf("%s, code %d: %+v, want %s", k, code, v, want)
			}
			if want == Accepted {
				want = Unknown // DECLINED because accepted
			}
			if v := judge(k, []string{"DECLINED"}, text); v.outcome != want {
				t.Errorf("%s, DECLINED because of %d: %+v, want %s", k, code, v, want)
			}
		}
	}
}

func TestJudge(t *testing.T) {
	tests := map[string]struct {
		cells  []string
		reason string
		want   Outcome
	}{
		"the word":                          {[]string{"ACCEPTED"}, "", Accepted},
		"the word in small letters":         {[]string{"accepted"}, "", Accepted},
		"both":                              {[]string{"0", "ACCEPTED"}, "0", Accepted},
		"both refuse":                       {[]string{"7", "DECLINED"}, "7", Declined},
		"a refusal with a text":             {[]string{"7"}, "amount too high", Declined},
		"refused without saying why":        {[]string{"DECLINED"}, "", Unknown},
		"refused with a text":               {[]string{"DECLINED"}, "no", Unknown},
		"refused because nobody knows":      {[]string{"DECLINED"}, "11", Unknown},
		"both leave it open":                {[]string{"1", "DECLINED"}, "", Unknown},
		"accepted and refused":              {[]string{"0", "DECLINED"}, "", Unknown},
		"refused and accepted":              {[]string{"7", "ACCEPTED"}, "", Unknown},
		"open and accepted":                 {[]string{"1", "ACCEPTED"}, "", Unknown},
		"two codes":                         {[]string{"0", "7"}, "", Unknown},
		"two codes that both refuse":        {[]string{"4", "7"}, "", Unknown},
		"two words":                         {[]string{"ACCEPTED", "DECLINED"}, "7", Unknown},
		"accepted with a reason to refuse":  {[]string{"0"}, "7", Unknown},
		"refused with a reason that is not": {[]string{"7"}, "1", Unknown},
		"the word with a reason to refuse":  {[]string{"ACCEPTED"}, "7", Unknown},
		"nothing":                           {[]string{""}, "", Unknown},
		"no cell":                           {nil, "", Unknown},
		"a code in another spelling":        {[]string{"00"}, "", Unknown},
		"a sign":                            {[]string{"+0"}, "", Unknown},
		"below zero":                        {[]string{"-0"}, "", Unknown},
		"a space":                           {[]string{" 0"}, "", Unknown},
		"a decimal":                         {[]string{"0.0"}, "", Unknown},
		"a huge number":                     {[]string{"18446744073709551616"}, "", Unknown},
		"another word":                      {[]string{"OK"}, "", Unknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if v := judge(Refund, tt.cells, tt.reason); v.outcome != tt.want {
				t.Errorf("judge(%q, %q) = %+v, want %s", tt.cells, tt.reason, v, tt.want)
			}
		})
	}
}

func TestOutcomesPrint(t *testing.T) {
	for o, want := range map[Outcome]string{Accepted: "accepted", Declined: "declined", Unknown: "unknown", 0: "invalid outcome", 9: "invalid outcome"} {
		if o.String() != want {
			t.Errorf("Outcome(%d) prints as %s, want %s", o, o, want)
		}
	}
}

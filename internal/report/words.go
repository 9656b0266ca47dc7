package report

import (
	"flexform/dibs"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// unknownWord stands for a value that this version gives no meaning, which a
// newer or a crafted file can hold. The functions of this file let through
// only words that are in the design, so their results are safe anywhere.
const unknownWord = "?"

// modeWord names a mode so that no eye passes over it.
func modeWord(m schema.Mode) string {
	switch m {
	case schema.ModeLive:
		return "LIVE"
	case schema.ModeTest:
		return "TEST"
	case schema.ModeSandbox:
		return "SANDBOX"
	}
	return "UNKNOWN"
}

func modeText(m schema.Mode) string {
	switch m {
	case schema.ModeLive:
		return "LIVE mode: real money"
	case schema.ModeTest:
		return "TEST mode: no real money"
	case schema.ModeSandbox:
		return "SANDBOX mode: no real money, no real gateway"
	}
	return "UNKNOWN mode: take it for real money"
}

func modeInk(m schema.Mode) ink {
	switch m {
	case schema.ModeSandbox:
		return inkCyan
	case schema.ModeTest:
		return inkYellow
	}
	return inkAlarm // a mode that nobody knows is as bad as live
}

// modePrefix is what every row that moves real money carries (hazards R88).
func modePrefix(m schema.Mode) string {
	switch m {
	case schema.ModeSandbox, schema.ModeTest:
		return ""
	}
	return modeWord(m)
}

var verbs = [...]statefile.Verb{statefile.Capture, statefile.Refund, statefile.Cancel, statefile.Reauthorise, statefile.Charge, statefile.Delete}

func verbText(v statefile.Verb) string {
	if !v.Valid() {
		return unknownWord
	}
	return string(v)
}

// raises reports whether a verb raises a total, so that where it begins and ends
// says more than its amount.
func raises(v statefile.Verb) bool { return v == statefile.Capture || v == statefile.Refund }

// mark is the sign of a verb: money comes in, goes out, is let go, or stays
// where it is.
func mark(v statefile.Verb) (string, ink) {
	switch v {
	case statefile.Capture:
		return ">", inkGreen
	case statefile.Refund:
		return "<", inkYellow
	case statefile.Cancel:
		return "x", inkRed
	case statefile.Reauthorise:
		return "~", inkCyan
	case statefile.Charge:
		return "+", inkGreen
	case statefile.Delete:
		return "-", inkRed
	}
	return unknownWord, inkRed
}

// codeText says what a gateway's code means: those of authorisations have a
// table of their own (flexwin.md 4.3 and 4.4).
func codeText(v statefile.Verb, code int) string {
	if v == statefile.Reauthorise || v == statefile.Charge {
		return dibs.Reason(code).String()
	}
	return dibs.Result(code).String()
}

func sourceText(s plan.Source) string {
	switch s {
	case "", plan.FromGateway, plan.FromLedger, plan.FromDeclared:
		return string(s)
	}
	return unknownWord
}

func classWord(c plan.Class) string {
	switch c {
	case plan.SelfLimiting, plan.Counted, plan.Moneyless:
		return string(c)
	}
	return unknownWord
}

func currencyText(code string) string {
	if _, ok := total(0, code); !ok {
		return unknownWord
	}
	return code
}

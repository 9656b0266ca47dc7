package apply

import (
	"time"

	"flexform/schema"
	"flexform/statefile"
)

// longestSendBy bounds [Runner.SendBy] where nothing else is set.
const longestSendBy = 30 * time.Second

// A span is how long a call may take, seen from its intent.
type span struct {
	sendBy time.Duration // from the intent to the first byte
	window time.Duration // from the first byte until it has taken effect, or never will
}

// all is how long after its intent a call may still take effect.
func (s span) all() time.Duration { return s.sendBy + s.window }

// span is that of the merchant's next call. A call that is given little time
// to take effect is given little time to be sent: whoever looks for its end
// waits for both.
func (r *Runner) span(merchant string) span {
	window := r.Merchants[merchant].SettleWindow
	if window == 0 {
		window = schema.DefaultSettleWindow(schema.ModeLive)
	}
	return r.spanOf(window)
}

func (r *Runner) spanOf(window time.Duration) span {
	if r.SendBy > 0 {
		return span{r.SendBy, window}
	}
	return span{min(longestSendBy, window+time.Second), window}
}

// spanFor is that of a call that was intended earlier: by the setting of then
// or that of now, whichever is longer, so that no change of the setting gives
// up a call that may still take effect (hazards R4).
func (r *Runner) spanFor(a statefile.Action) span {
	now := r.span(a.Merchant)
	if a.SettleWindow <= now.window {
		return now
	}
	return r.spanOf(a.SettleWindow)
}

// Settles returns when a, an action of an earlier run, has taken effect or
// never will. Until then nobody should say that it did not happen. The zero
// time: nothing bounds it, as of a row of a bulk file.
func (r *Runner) Settles(a statefile.Action) time.Time {
	if a.Batch != "" {
		return time.Time{}
	}
	return a.At.Add(r.spanFor(a).all())
}

// windowText is the settle window of a merchant's next call as its intent has it.
func (r *Runner) windowText(merchant string, mode schema.Mode) string {
	window := r.span(merchant).window
	if window == schema.DefaultSettleWindow(mode) {
		return ""
	}
	return window.String()
}

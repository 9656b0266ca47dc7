package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What Fault.Service may say besides the name of a service.
const (
	anyService    = "*"
	moneyServices = "money"
)

// check reports whether f can be played.
func (f *Fault) check() error {
	switch commits := f.commits(); {
	case f.Service != anyService && f.Service != moneyServices && !slices.Contains(serviceNames(), f.Service):
		return fmt.Errorf("no service %q: write one of %s, %s or %s", f.Service, strings.Join(serviceNames(), ", "), moneyServices, anyService)
	case strings.ContainsFunc(f.Transact+f.OrderID+f.Words, blank) || !utf8.ValidString(f.Transact+f.OrderID+f.Words):
		return errors.New("transact, orderid and to are UTF-8 without blanks")
	case f.Nth > 0 && (f.Every > 0 || f.Times > 0 || f.Chance != 0):
		return errors.New("nth is one call already: leave out every, times and chance")
	case !(f.Chance >= 0 && f.Chance < 1): // not a number is neither
		return errors.New("chance is a number above 0 and below 1")
	case f.Seed != 0 && f.Chance == 0:
		return errors.New("seed is for a fault with a chance")
	case f.Delay < 0 || f.Delay > maxWait, f.Pause < 0 || f.Pause > maxWait, f.Late < 0 || f.Late > maxWait:
		return fmt.Errorf("a time is up to %s", short(maxWait))
	case !slices.Contains([]Commit{CommitFirst, CommitNever, CommitLast, CommitHeld, CommitLate}, commits):
		return fmt.Errorf("commit=%s: write first, never, last, held, or a duration such as 5s", commits)
	case (commits == CommitLate) != (f.Late > 0):
		return errors.New("a late commit needs a duration, such as commit=5s, and others have none")
	case !f.replaces() && commits != CommitFirst:
		return fmt.Errorf("%s shows the true reply, so the call is carried out first: leave out commit", f.Do)
	}
	return f.checkKind()
}

// checkKind reports whether the fields that are for some kinds only fit Do.
func (f *Fault) checkKind() error {
	least, most := 0, 0
	switch f.Do {
	case FaultAnswer:
		most = 9999
	case FaultHTTP:
		least, most = 400, 599
	case FaultRedirect:
		least, most = 301, 308
	case FaultCut, FaultReset:
		most = 1 << 20
	case FaultHTML, FaultEmpty, FaultDrop, FaultSlow, FaultDelay, FaultEndless, FaultGzip, FaultDuplicate, FaultCharset, FaultHTTP10, FaultTwice:
	default:
		return fmt.Errorf("no fault %q: write what happens, one of %s", f.Do, faultWords)
	}
	switch {
	case f.Number < least || f.Number > most, f.Do == FaultRedirect && f.Number > 303 && f.Number < 307:
		return fmt.Errorf("%s=%d is not possible: %s", f.Do, f.Number, map[FaultKind]string{
			FaultAnswer: "write a code up to 9999", FaultHTTP: "write 400 to 599", FaultRedirect: "write 301, 302, 303, 307 or 308",
			FaultCut: "write a byte up to 1048576", FaultReset: "write a byte up to 1048576",
		}[f.Do])
	case f.Do == FaultCharset && !slices.Contains([]string{charsetUTF16, charsetLatin1AsUTF8, charsetUTF8AsLatin1}, f.Words):
		return fmt.Errorf("charset=%s: write %s, %s or %s", f.Words, charsetUTF16, charsetLatin1AsUTF8, charsetUTF8AsLatin1)
	case f.Words != "" && f.Do != FaultRedirect && f.Do != FaultCharset:
		return errors.New("to is for a redirect")
	case f.Pause != 0 && f.Do != FaultSlow:
		return errors.New("only slow has a pause")
	case f.Do == FaultDelay && f.Delay == 0:
		return errors.New("write a delay, such as delay=2s")
	}
	return nil
}

// maxWait is the longest that a fault waits.
const maxWait = time.Hour

func blank(r rune) bool {
	return unicode.IsSpace(r) || hidden(r)
}

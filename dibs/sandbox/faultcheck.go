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
	anyConnection = "connection"
)

// check reports whether f can be played.
func (f *Fault) check() error {
	if f.Service == anyConnection {
		return f.checkConnection()
	}
	switch commits := f.commits(); {
	case f.Service != anyService && f.Service != moneyServices && !slices.Contains(serviceNames(), f.Service):
		return fmt.Errorf("no service %q: write one of %s, %s, %s or %s", f.Service, strings.Join(serviceNames(), ", "), moneyServices, anyService, anyConnection)
	case strings.ContainsFunc(f.Transact+f.OrderID+f.Words, blank) || !utf8.ValidString(f.Transact+f.OrderID+f.Words):
		return errors.New("transact, orderid and to are UTF-8 without blanks")
	case f.checkTurn() != nil:
		return f.checkTurn()
	case f.onConnections():
		return fmt.Errorf("%s happens before anybody knows what is asked: write %s instead of %s, as in \"%[2]s nth=2 %[1]s\"", f.kindText(), anyConnection, f.Service)
	case f.Before.check() != nil:
		return f.Before.check()
	case f.After.check() != nil:
		return f.After.check()
	case f.Do == FaultDeclined && f.Service != "capture.cgi" && f.Service != "refund.cgi":
		return errors.New("declined is for capture.cgi and refund.cgi: the acquirer refuses what was accepted")
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

// checkTurn reports whether it can be said which of the calls are hit.
func (f *Fault) checkTurn() error {
	switch {
	case f.Nth > 0 && (f.Every > 0 || f.Times > 0 || f.Chance != 0):
		return errors.New("nth is one call already: leave out every, times and chance")
	case !(f.Chance >= 0 && f.Chance < 1): // not a number is neither
		return errors.New("chance is a number above 0 and below 1")
	case f.Seed != 0 && f.Chance == 0:
		return errors.New("seed is for a fault with a chance")
	}
	return nil
}

// onConnections reports whether f happens where no call is known yet.
func (f *Fault) onConnections() bool {
	return f.Do == FaultRefuse || f.Do == FaultDropAt || f.Do == FaultResetAt
}

// checkConnection reports whether f can be played with connections.
func (f *Fault) checkConnection() error {
	plain := Fault{Service: f.Service, Nth: f.Nth, Every: f.Every, Times: f.Times, Chance: f.Chance, Seed: f.Seed, Do: f.Do, Number: f.Number}
	switch {
	case f.checkTurn() != nil:
		return f.checkTurn()
	case !f.onConnections():
		return fmt.Errorf("a connection knows no %s: write refuse, drop-at=BYTE or reset-at=BYTE", f.kindText())
	case *f != plain:
		return errors.New("of a connection nothing is known but its turn: write nth, every, times, or chance and seed, and nothing else")
	case f.Nth == 0 && f.Every < 2 && f.Times == 0 && f.Chance == 0:
		return errors.New("nobody could reach this gateway any more, its judge included: add nth, every, times or chance")
	}
	return f.checkKind()
}

// check reports whether d can be tried.
func (d Deed) check() error {
	if d == (Deed{}) {
		return nil
	}
	whole, decimals, _ := strings.Cut(d.Amount, ".")
	switch {
	case d.Kind != MoveCapture && d.Kind != MoveRefund && d.Kind != MoveCancel:
		return fmt.Errorf("the back-office knows no %q: write capture, refund or cancel, with an amount such as refund:5.00, or without for all", d.Kind)
	case d.Kind == MoveCancel && d.Amount != "":
		return errors.New("a cancel has no amount")
	case d.Amount != "" && (!isNumber(whole, 1, 10) || strings.Contains(d.Amount, ".") && !isNumber(decimals, 1, 4)):
		return fmt.Errorf("%s:%s: write an amount such as 5.00, in the currency of the transaction", d.Kind, d.Amount)
	}
	return nil
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
	case FaultDropAt, FaultResetAt:
		least, most = 1, 1<<20
	case FaultHTML, FaultEmpty, FaultDrop, FaultSlow, FaultDelay, FaultEndless, FaultGzip, FaultDuplicate, FaultCharset, FaultHTTP10, FaultTwice,
		FaultDeclined, FaultDown, FaultEndlessHead, FaultBomb, FaultRefuse:
	default:
		return fmt.Errorf("no fault %q: write what happens, one of %s", f.Do, faultWords)
	}
	switch {
	case f.Number < least || f.Number > most, f.Do == FaultRedirect && f.Number > 303 && f.Number < 307:
		return fmt.Errorf("%s=%d is not possible: %s", f.Do, f.Number, map[FaultKind]string{
			FaultAnswer: "write a code up to 9999", FaultHTTP: "write 400 to 599", FaultRedirect: "write 301, 302, 303, 307 or 308",
			FaultCut: "write a byte up to 1048576", FaultReset: "write a byte up to 1048576",
			FaultDropAt: "write a byte from 1 to 1048576", FaultResetAt: "write a byte from 1 to 1048576",
		}[f.Do])
	case f.Do == FaultCharset && !slices.Contains(faultCharsets(), f.Words):
		return fmt.Errorf("charset=%s: write one of %s", f.Words, strings.Join(faultCharsets(), ", "))
	case f.Words != "" && f.Do != FaultRedirect && f.Do != FaultCharset:
		return errors.New("to is for a redirect")
	case f.Pause != 0 && f.Do != FaultSlow && f.Do != FaultDeclined && f.Do != FaultDown:
		return errors.New("only slow, declined and down have a pause")
	case f.Do == FaultDown && f.Pause == 0:
		return errors.New("write for how long, such as down=2s")
	case f.Do == FaultDelay && f.Delay == 0 && f.Before == (Deed{}) && f.After == (Deed{}):
		return errors.New("write a delay, such as delay=2s")
	}
	return nil
}

// maxWait is the longest that a fault waits.
const maxWait = time.Hour

func blank(r rune) bool {
	return unicode.IsSpace(r) || hidden(r)
}

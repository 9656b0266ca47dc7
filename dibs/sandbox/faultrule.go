package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// faultWords lists what may happen, for messages.
const faultWords = "answer=CODE, http=STATUS, html, empty, redirect=STATUS, drop, reset, reset=BYTE, cut=BYTE, slow, slow=PAUSE, " +
	"delay=TIME, endless, endless-head, gzip, bomb, duplicate, charset=NAME, http10, twice, declined, declined=TIME, down=TIME, " +
	"before=DEED, after=DEED; with connection: refuse, drop-at=BYTE, reset-at=BYTE"

// ParseFault reads a fault in text: a service, "money" or "*", and words in any
// order. Which calls: transact=N, orderid=ID, nth=N, every=N, times=N, chance=P
// and seed=N. What happens: answer=CODE, http=STATUS, html, empty,
// redirect=STATUS with to=ADDRESS, drop, reset, reset=BYTE, cut=BYTE, slow,
// slow=PAUSE, endless, endless-head, gzip, bomb, duplicate, charset=NAME,
// http10, twice, declined, declined=TIME or down=TIME; and, alone or beside
// another, delay=TIME, and before=DEED and after=DEED, where DEED is capture,
// refund or cancel, or refund:5.00. When the call is carried out: commit=first,
// never, last, held, or a duration for so long after the reply. Each word
// stands once.
//
// With "connection" instead of a service: nth, every, times, chance and seed,
// and refuse, drop-at=BYTE or reset-at=BYTE.
func ParseFault(line string) (Fault, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return Fault{}, errors.New("no fault: write a service and what happens, such as refund.cgi drop")
	}
	f := Fault{Service: words[0]}
	met := map[string]bool{}
	for _, word := range words[1:] {
		name, value, valued := strings.Cut(word, "=")
		if met[name] {
			return Fault{}, fmt.Errorf("%s stands twice", name)
		}
		met[name] = true
		if valued && value == "" {
			return Fault{}, fmt.Errorf("%s= has no value", name)
		}
		if err := f.set(FaultKind(name), value, valued); err != nil {
			return Fault{}, err
		}
	}
	if f.Do == "" && (f.Delay > 0 || f.Before != (Deed{}) || f.After != (Deed{})) {
		f.Do = FaultDelay
	}
	if err := f.check(); err != nil {
		return Fault{}, err
	}
	return f, nil
}

// set takes a word of a rule in.
func (f *Fault) set(name FaultKind, value string, valued bool) error {
	var err error
	switch name {
	case "transact":
		f.Transact, err = value, needValue(name, valued)
	case "orderid":
		f.OrderID, err = value, needValue(name, valued)
	case "to":
		f.Words, err = value, needValue(name, valued)
	case "nth":
		f.Nth, err = readCount(name, value)
	case "every":
		f.Every, err = readCount(name, value)
	case "times":
		f.Times, err = readCount(name, value)
	case "seed":
		f.Seed, err = readCount(name, value)
	case "chance":
		if f.Chance, err = strconv.ParseFloat(value, 64); err != nil || f.Chance == 0 {
			err = fmt.Errorf("chance=%s: write a number above 0 and below 1", value)
		}
	case "delay":
		f.Delay, err = readTime(name, value)
	case "before":
		f.Before, err = readDeed(name, value)
	case "after":
		f.After, err = readDeed(name, value)
	case "commit":
		f.Commit = Commit(value)
		if d, bad := readTime(name, value); bad == nil {
			f.Commit, f.Late = CommitLate, d
		} else if f.Commit == CommitLate || f.Commit == "" {
			err = errors.New("commit: write first, never, last, held, or a duration such as 5s")
		}
	default:
		err = f.setKind(name, value, valued)
	}
	return err
}

// setKind takes in what happens.
func (f *Fault) setKind(name FaultKind, value string, valued bool) error {
	if f.Do != "" {
		return fmt.Errorf("%s and %s: only one of them can happen", f.Do, name)
	}
	f.Do = name
	var err error
	switch name {
	case FaultAnswer, FaultHTTP, FaultRedirect, FaultCut, FaultDropAt, FaultResetAt:
		f.Number, err = readNumber(name, value)
	case FaultReset:
		if valued {
			if f.Number, err = readNumber(name, value); err == nil && f.Number == 0 {
				err = errors.New("reset=0: write reset")
			}
		}
	case FaultSlow, FaultDeclined:
		if valued {
			f.Pause, err = readTime(name, value)
		}
	case FaultDown:
		f.Pause, err = readTime(name, value)
	case FaultCharset:
		f.Words, err = value, needValue(name, valued)
	case FaultHTML, FaultEmpty, FaultDrop, FaultEndless, FaultGzip, FaultDuplicate, FaultHTTP10, FaultTwice,
		FaultEndlessHead, FaultBomb, FaultRefuse:
		if valued {
			err = fmt.Errorf("%s has no value", name)
		}
	default:
		err = fmt.Errorf("no fault %q: write what happens, one of %s", name, faultWords)
	}
	return err
}

func needValue(name FaultKind, valued bool) error {
	if !valued {
		return fmt.Errorf("%s needs a value: %s=VALUE", name, name)
	}
	return nil
}

// readDeed reads what the back-office does: "refund", or "refund:5.00".
func readDeed(name FaultKind, value string) (Deed, error) {
	kind, amount, valued := strings.Cut(value, ":")
	d := Deed{MoveKind(kind), amount}
	if err := d.check(); value == "" || valued && amount == "" || err != nil {
		return d, fmt.Errorf("%s=%s: write capture, refund or cancel, with an amount such as refund:5.00, or without for all that is left", name, value)
	}
	return d, nil
}

// String returns d in text, "" for none.
func (d Deed) String() string {
	if d.Amount != "" {
		return string(d.Kind) + ":" + d.Amount
	}
	return string(d.Kind)
}

func readNumber(name FaultKind, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || !isNumber(value, 1, 7) {
		return 0, fmt.Errorf("%s=%s: write a whole number", name, value)
	}
	return n, nil
}

func readCount(name FaultKind, value string) (uint64, error) {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%s=%s: write a whole number from 1", name, value)
	}
	return n, nil
}

func readTime(name FaultKind, value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s=%s: write a duration such as 5s", name, value)
	}
	return d, nil
}

// String returns f in text, its words in a fixed order.
func (f Fault) String() string {
	words := []string{f.Service}
	add := func(name, value string) {
		if value != "" {
			words = append(words, name+"="+value)
		}
	}
	add("transact", f.Transact)
	add("orderid", f.OrderID)
	for name, n := range map[string]uint64{"nth": f.Nth, "every": f.Every, "times": f.Times, "seed": f.Seed} {
		if n > 0 {
			add(name, strconv.FormatUint(n, 10))
		}
	}
	if f.Chance != 0 {
		add("chance", strconv.FormatFloat(f.Chance, 'g', -1, 64))
	}
	slices.Sort(words[1:])
	if f.Do != FaultDelay {
		words = append(words, f.kindText())
	}
	if f.Do == FaultRedirect {
		add("to", f.Words)
	}
	if f.Delay > 0 {
		add("delay", short(f.Delay))
	}
	add("before", f.Before.String())
	add("after", f.After.String())
	if f.Commit == CommitLate {
		add("commit", short(f.Late))
	} else {
		add("commit", string(f.Commit))
	}
	return strings.Join(words, " ")
}

// kindText is what happens, in text.
func (f Fault) kindText() string {
	value := ""
	switch f.Do {
	case FaultAnswer, FaultHTTP, FaultRedirect, FaultCut, FaultDropAt, FaultResetAt:
		value = strconv.Itoa(f.Number)
	case FaultReset:
		if f.Number > 0 {
			value = strconv.Itoa(f.Number)
		}
	case FaultSlow, FaultDeclined, FaultDown:
		if f.Pause > 0 {
			value = short(f.Pause)
		}
	case FaultCharset:
		value = f.Words
	}
	if value == "" {
		return string(f.Do)
	}
	return string(f.Do) + "=" + value
}

// MarshalText returns f in text.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText is [ParseFault].
func (f *Fault) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFault(string(text))
	return err
}

// ReadFaults reads a file of faults: one a line, with empty lines and lines
// that begin with #. All that is wrong is reported, each with its line.
func ReadFaults(r io.Reader) ([]Fault, error) {
	var faults []Fault
	var errs []error
	lines := bufio.NewScanner(r)
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f, err := ParseFault(line)
		switch {
		case err != nil && len(errs) < 20:
			errs = append(errs, fmt.Errorf("line %d: %w", n, err))
		case len(faults) == maxFaults:
			return nil, errors.Join(append(errs, fmt.Errorf("line %d: %d faults are the most", n, maxFaults))...)
		case err == nil:
			faults = append(faults, f)
		}
	}
	if err := lines.Err(); err != nil {
		errs = append(errs, fmt.Errorf("line %d: %w", n+1, err))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return faults, nil
}

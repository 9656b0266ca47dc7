package policy

import (
	"fmt"
	"strings"
)

// namedActions is how many addresses stand in a sentence about several
// breaches.
const namedActions = 5

// ByKind says breaches in as few sentences as say all of them: actions that are
// too large by themselves are put together by the limit that they go beyond,
// with their number, their sum and the first addresses; the others stand as
// they are. However many actions a plan has, there are no more sentences than
// the limits have numbers.
func ByKind(found []Breach) []string {
	var lines []string
	kinds := map[string]*breachKind{}
	place := map[string]int{}
	for _, b := range found {
		if b.Rule == "" {
			lines = append(lines, b.String())
			continue
		}
		key := fmt.Sprintf("%q %s %s", b.Merchant, b.Verb, b.Rule)
		if kinds[key] == nil {
			kinds[key], place[key] = &breachKind{first: b}, len(lines)
			lines = append(lines, "")
		}
		kinds[key].add(b)
	}
	for key, k := range kinds {
		lines[place[key]] = k.String()
	}
	return lines
}

// A breachKind is the breaches of one limit for single actions.
type breachKind struct {
	first Breach
	count int
	minor int64
	named []string // addresses, the first of them
}

func (k *breachKind) add(b Breach) {
	k.count++
	k.minor += b.Moved.Minor()
	if len(k.named) < namedActions {
		k.named = append(k.named, b.Address)
	}
}

func (k *breachKind) String() string {
	if k.count == 1 {
		return k.first.String()
	}
	more := ""
	if n := k.count - len(k.named); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("%d actions to %s, %s together, are each more than %s: %s%s.", k.count, k.first.Verb, sumText(k.minor, k.first.Moved.Currency()), k.first.Rule, strings.Join(k.named, ", "), more)
}

package schema

import (
	"fmt"

	"github.com/agext/levenshtein"
)

// didYouMean is a sentence, with a space before it, that offers the name
// nearest to what was written, or nothing when none is near.
func didYouMean(given string, names []string) string {
	if name := nearest(given, names); name != "" {
		return fmt.Sprintf(" Did you mean %q?", name)
	}
	return ""
}

// nearest returns the first of the names that is at most two typing mistakes
// away, or "". Short names must be nearer: everything is two letters from "id".
func nearest(given string, names []string) string {
	best, distance := "", 3
	for _, name := range names {
		if d := levenshtein.Distance(given, name, nil); d < distance && d < len(name)/2+1 && d < len(given) {
			best, distance = name, d
		}
	}
	return best
}

// oneOf lists names as they are written in a sentence: `"a", "b" or "c"`.
func oneOf(names []string) string {
	text := ""
	for i, name := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			text += " or "
		default:
			text += ", "
		}
		text += fmt.Sprintf("%q", name)
	}
	return text
}

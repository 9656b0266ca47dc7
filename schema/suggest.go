package schema

import (
	"fmt"
	"strings"

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

// allOf lists names as they are written in a sentence: "a, b and c". A long
// list is cut.
func allOf(names []string) string {
	const most = 20
	switch n := len(names); {
	case n == 0:
		return "none"
	case n == 1:
		return names[0]
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

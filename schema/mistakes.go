package schema

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// maxMistakes is how many mistakes one run lists; nobody reads more, and the
// last line says how many there are besides.
const maxMistakes = 1000

// keptMistakes is how many are remembered, to list those that come first in the
// files.
const keptMistakes = 20 * maxMistakes

// mistakes collects what the author got wrong. Summaries are constant, short
// and carry no names; details are full sentences: what is wrong, why, what to
// do. Both are read by people who may never have seen HCL.
type mistakes struct {
	list   hcl.Diagnostics
	limit  int         // how many to keep; 0 stands for keptMistakes
	more   int         // beyond what is worth keeping
	hidden []hcl.Range // where secrets stand, not to be shown
}

// take adds the mistakes of another collection.
func (m *mistakes) take(other mistakes) {
	m.append(other.list...)
	m.more += other.more
	m.hidden = append(m.hidden, other.hidden...)
}

// add records a mistake at a place. The detail is a format.
func (m *mistakes) add(place hcl.Range, summary, detail string, args ...any) {
	m.append(&hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   fmt.Sprintf(detail, args...),
		Subject:  &place,
	})
}

// addNowhere records a mistake that has no place in any file.
func (m *mistakes) addNowhere(summary, detail string, args ...any) {
	m.append(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(detail, args...)})
}

func (m *mistakes) append(diags ...*hcl.Diagnostic) {
	for _, d := range diags {
		// A mistake in every row of a long table must not fill the memory.
		if len(m.list) >= cmp.Or(m.limit, keptMistakes) {
			m.more++
			continue
		}
		// A value of the configuration is shown where the detail says so and
		// nowhere else: the renderer would print these as well.
		d.Expression, d.EvalContext, d.Extra = nil, nil, nil
		m.list = append(m.list, d)
	}
}

func (m *mistakes) any() bool { return len(m.list) > 0 }

// sorted returns the mistakes by file and place, each once, at most
// maxMistakes of them and then one that counts the rest.
func (m *mistakes) sorted() hcl.Diagnostics {
	slices.SortStableFunc(m.list, func(a, b *hcl.Diagnostic) int { return comparePlaces(a.Subject, b.Subject) })
	list := slices.CompactFunc(m.list, func(a, b *hcl.Diagnostic) bool {
		return a.Summary == b.Summary && a.Detail == b.Detail && comparePlaces(a.Subject, b.Subject) == 0
	})
	if more := len(list) + m.more - maxMistakes; more > 0 {
		list = append(list[:maxMistakes:maxMistakes], &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "More mistakes",
			Detail:   fmt.Sprintf("There are %d more mistakes like these. Correct the ones above and run the command again.", more),
			Subject:  list[maxMistakes-1].Subject,
		})
	}
	return list
}

func comparePlaces(a, b *hcl.Range) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Or(
		cmp.Compare(a.Filename, b.Filename),
		cmp.Compare(a.Start.Byte, b.Start.Byte),
		cmp.Compare(a.End.Byte, b.End.Byte),
	)
}

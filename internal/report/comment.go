package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"flexform/plan"
)

// A Comment is what a pull request is told of its change: a plan, or why there
// is none, with what else is to be known beside it.
type Comment struct {
	About    string // what it is about, such as a folder: a mark to find an older comment by
	Title    string // where there is no plan
	Plan     *plan.Plan
	Options  PlanOptions
	Sections []Section // below the title or the plan; in few words below a plan
}

// A Section is a heading of this program's own words, and lines of any text.
type Section struct {
	Heading, Info string // Info is the language of the lines, such as "diff"
	Lines         []string
}

// besidePlan is what the sections below a plan may take, in bytes: with the
// plan's own bound it stays under what a comment may have.
const besidePlan = 4000

// CommentMarkdown writes a comment of at most 65,000 characters. Text from data
// stands only in fenced code blocks, as in [PlanMarkdown].
func CommentMarkdown(w io.Writer, c Comment) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!-- flexform: %s -->\n", markText(c.About))
	room := markdownLimit
	if c.Plan == nil {
		fmt.Fprintf(&b, "### flexform: %s\n", c.Title)
	} else {
		if err := PlanMarkdown(&b, c.Plan, c.Options); err != nil {
			return err
		}
		room = besidePlan
	}
	for _, s := range c.Sections {
		room -= s.write(&b, room)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// write writes as many lines as fit and counts the rest.
func (s Section) write(b *bytes.Buffer, room int) int {
	before := b.Len()
	fmt.Fprintf(b, "\n**%s**\n\n", s.Heading)
	room -= b.Len() - before + 3*maxFence/2
	var shown []string
	for _, line := range s.Lines {
		line = clipBytes(Visible(line), maxHead)
		if room -= len(line) + 1; room < 0 {
			break
		}
		shown = append(shown, line)
	}
	if len(shown) > 0 {
		b.WriteString(fence(s.Info, shown))
	}
	if n := len(s.Lines) - len(shown); n > 0 {
		b.WriteString("\n**" + notShown(n, "line") + "**\n")
	}
	return b.Len() - before
}

// markText lets through what cannot end an HTML comment.
func markText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '/', r == '.', r == '_':
			return r
		}
		return '_'
	}, clipBytes(s, 200))
}

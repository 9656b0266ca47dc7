package report

// A Style says how text for people is written. The zero Style is plain text
// without a width, with everything in it.
type Style struct {
	Color bool // SGR colours; whoever sets it has looked at the terminal and at NO_COLOR
	Width int  // columns to wrap prose at; 0 does not wrap
	Rows  int  // most rows of one list; 0 shows all. What is left out is counted

	Folder string // of the configuration, for commands to copy; "" where it is not known
}

// An ink is the parameter of an SGR escape sequence.
type ink string

const (
	inkNone   ink = ""
	inkBold   ink = "1"
	inkDim    ink = "2"
	inkMark   ink = "1;4" // the place that a snippet points at
	inkRed    ink = "31"
	inkGreen  ink = "32"
	inkYellow ink = "33"
	inkCyan   ink = "36"
	inkAlarm  ink = "1;37;41" // live money
)

// paint returns text in ink i, or as it is without colour.
func (s Style) paint(i ink, text string) string {
	if !s.Color || i == inkNone || text == "" {
		return text
	}
	return "\x1b[" + string(i) + "m" + text + "\x1b[0m"
}

// rows returns how many of n rows are shown.
func (s Style) rows(n int) int {
	if s.Rows > 0 {
		return min(n, s.Rows)
	}
	return n
}

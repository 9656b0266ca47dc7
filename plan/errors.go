package plan

import "fmt"

// A TamperedError reports a plan that is not as it was made: a hash or a sum
// does not match. Nothing of it may be used.
type TamperedError struct {
	Part string // "seal", "digest", "summary"
	CRLF bool   // the file has CR LF line ends, which flexform never writes
}

func (e *TamperedError) Error() string {
	s := fmt.Sprintf("plan: the %s does not match: it was changed after it was made; plan again", e.Part)
	if e.CRLF {
		s += " (its lines end with CR LF: keep git from converting them, *.plan.json -text)"
	}
	return s
}

// A VersionError reports a plan file in a format that this version of flexform
// does not read.
type VersionError struct{ Found string }

func (e *VersionError) Error() string {
	return fmt.Sprintf("plan: the file has format %q, this flexform reads %q; use the flexform that made it, or plan again", e.Found, FormatVersion)
}

// A FormatError reports something that is no plan, or that no flexform would
// have written.
type FormatError struct {
	Line int // in the file, from 1; 0 when it is about the whole
	Why  string

	// Sealed reports that the file has the right seal all the same: somebody
	// made it look like a plan.
	Sealed bool
}

func (e *FormatError) Error() string {
	if e.Line == 0 {
		return "plan: " + e.Why
	}
	return fmt.Sprintf("plan: line %d: %s", e.Line, e.Why)
}

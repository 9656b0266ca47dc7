package report

import (
	"fmt"
	"io"

	"flexform/plan"
	"flexform/statefile"
)

// A Build says which flexform this is.
type Build struct {
	Version  string // "0.1.0"
	Commit   string // of its source; empty when not known
	Go       string // "go1.26.0"
	Platform string // "linux/amd64"
}

// VersionText writes the version and the formats that it writes.
func VersionText(w io.Writer, b Build) error {
	commit := ""
	if b.Commit != "" {
		commit = ", commit " + Ident(b.Commit)
	}
	_, err := fmt.Fprintf(w, "flexform %s%s\nplan format %s, ledger format %s, %s, %s\n",
		Ident(b.Version), commit, plan.FormatVersion, statefile.FormatVersion, Ident(b.Go), Ident(b.Platform))
	return err
}

// VersionJSON writes the same for programs.
func VersionJSON(w io.Writer, b Build) error {
	return writeJSON(w, struct {
		Version  string `json:"flexform_version"`
		Plan     string `json:"plan_format"`
		Ledger   string `json:"ledger_format"`
		Commit   string `json:"commit,omitempty"`
		Go       string `json:"go"`
		Platform string `json:"platform"`
	}{b.Version, plan.FormatVersion, statefile.FormatVersion, b.Commit, b.Go, b.Platform})
}

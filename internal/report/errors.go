package report

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"flexform/dibs"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"
	"flexform/statefile/anchor"
)

// Error writes a failure of the world: what, why, and what to do. The error's
// own text says the first two; where this package knows the third it adds it.
func Error(w io.Writer, err error, s Style) error {
	b := bufio.NewWriter(w)
	advice := adviceFor(err, s)
	label := s.paint(inkRed, "Error:") + " "
	if advice.summary != "" {
		b.WriteString(label + s.paint(inkBold, advice.summary) + "\n\n")
		label = ""
	}
	text := Lines(cmp.Or(advice.body, err.Error()))
	first, rest, several := strings.Cut(text, "\n")
	writeWrapped(b, label+first, "", s.Width)
	if several {
		writeAside(b, rest, s)
	}
	if advice.text != "" && !several { // a text of several lines brings its own advice
		b.WriteByte('\n')
		writeWrapped(b, advice.text, "", s.Width)
	}
	return b.Flush()
}

// writeAside writes the further lines of an error: commands stand apart,
// whether or not the error has empty lines around them.
func writeAside(b *bufio.Writer, text string, s Style) {
	wasCommand, apart := false, false
	for line := range strings.SplitSeq(text, "\n") {
		command := strings.HasPrefix(line, " ")
		if line = strings.TrimSpace(line); line == "" {
			apart = true
			continue
		}
		if apart || command != wasCommand {
			b.WriteByte('\n')
		}
		if command {
			line = "    " + line
		}
		writeWrapped(b, line, "", s.Width)
		wasCommand, apart = command, false
	}
}

// An advice is what an error's own text does not say.
type advice struct {
	summary string
	text    string // what to do, in our own words
	body    string // stands in the place of the error's own text, where that is not for people
}

// adviceFor knows the errors that a person can do something about. Texts name
// no plan, file or merchant: the error does.
func adviceFor(err error, s Style) advice {
	var (
		login     *dibs.LoginError
		uncertain *dibs.UncertainError
		locked    *statefile.LockedError
		corrupt   *statefile.CorruptError
		written   *statefile.WriteError
		claimed   *statefile.ClaimedError
		tampered  *plan.TamperedError
		version   *plan.VersionError
		format    *plan.FormatError
		refused   *policy.RefusedError
		anchored  *anchor.ContradictedError
	)
	switch {
	case errors.As(err, &refused):
		return refusal(refused, s)
	case errors.As(err, &anchored):
		return contradicted(anchored)
	case errors.As(err, &login):
		return advice{summary: "API user refused", text: loginAdvice}
	case errors.As(err, &uncertain):
		return advice{summary: "Outcome unknown", text: "Money may have moved. Nothing sends the call again by itself; see where it stands:\n\n    " + s.command("status")}
	case errors.As(err, &locked):
		a := advice{summary: "Ledger is in use"}
		if locked.Unsure {
			a.text = "The ledger keeps who broke it, and why:\n\n    " + s.command("lock break --reason 'WHY IT IS DEAD'")
		}
		return a
	case errors.As(err, &corrupt):
		return advice{summary: "Ledger does not verify"}
	case errors.As(err, &written):
		return advice{summary: "Ledger cannot be written", text: "Without the record no money is moved. Mend what the error names before anything else; only then run the command again. It finds out first what became of the calls that were under way."}
	case errors.As(err, &claimed):
		return advice{summary: "Action was begun before", text: "Plan again: what has happened is not planned a second time.\n\n    " + s.command("plan")}
	case errors.As(err, &tampered), errors.As(err, &format) && format.Sealed:
		return advice{summary: "Plan was changed", text: "Nothing of it is used. Make the plan again, and have that one reviewed:\n\n    " + s.command("plan --out plan.json")}
	case errors.As(err, &version):
		return advice{summary: "Plan of another format"}
	}
	return advice{}
}

// contradicted says what to do about a ledger that is not the newest. What its
// missing entries recorded would be offered, and done, again.
func contradicted(e *anchor.ContradictedError) advice {
	a := advice{summary: "Ledger is not the one that was anchored"}
	if e.Fault == anchor.Missing || e.Fault == anchor.Shorter {
		a.summary = "Ledger is older than its anchor"
	}
	a.text = fmt.Sprintf("Nothing was read from the gateway or sent: what the ledger does not know of would be done again. Put back the newest copy, the one whose entry %d has the hash %s. Where it may be:\n\n    git log --all --oneline -- %s\n\n"+
		"If it is lost for good, docs/audit.md says how to go on.", e.Anchor.Seq, e.Anchor.Head, ShellWord(":/"+e.Anchor.Place))
	return a
}

// refusal says why a plan may not be carried out. Most reasons end with a new
// plan, which then needs its own review.
func refusal(e *policy.RefusedError, s Style) advice {
	a := advice{summary: "Plan refused: " + refusedFor(e.Reason), body: e.Detail}
	if e.Address != "" {
		a.body = e.Address + ": " + e.Detail
	}
	if strings.Contains(e.Detail, "lan again") {
		a.text = "    " + s.command("plan --out plan.json")
	}
	return a
}

func refusedFor(r policy.Reason) string {
	switch r {
	case policy.Tampered:
		return "it was changed"
	case policy.Empty:
		return "it has no action"
	case policy.AlreadyApplied:
		return "applied already"
	case policy.Expired:
		return "expired"
	case policy.OtherVersion:
		return "made by another version"
	case policy.OtherMode:
		return "made for another kind of money"
	case policy.StaleSettings:
		return "the settings have changed"
	case policy.StaleConfig:
		return "the configuration has changed"
	case policy.StaleLedger:
		return "the ledger has changed"
	case policy.OverLimit:
		return "more than the limits allow"
	case policy.CheckFailed:
		return "a check of the settings does not hold"
	case policy.NotApproved:
		return "not approved"
	case policy.NotRehearsed:
		return "its rehearsal"
	case policy.NotDesired:
		return "not what the configuration asks for"
	}
	return "see below"
}

const loginAdvice = "Three refusals lock the API user for 30 minutes, so no second try was made. " +
	"Correct the user and the password in the environment, or in the file that FLEXFORM_CREDENTIALS names; " +
	"for merchant \"shop\" they are:\n\n    FLEXFORM_SHOP_USER\n    FLEXFORM_SHOP_PASSWORD"

package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"flexform/apply"
	"flexform/statefile"
)

// ResultJUnitBegin is how every file of [ResultJUnit] begins.
const ResultJUnitBegin = xml.Header + `<testsuites name="flexform apply"`

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitTally
	Suite junitSuite `xml:"testsuite"`
}

type junitTally struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitTally
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Failure *junitNo `xml:"failure"`
	Error   *junitNo `xml:"error"`
	Skipped *junitNo `xml:"skipped"`
	Out     string   `xml:"system-out,omitempty"`
}

// A junitNo is why a case did not pass.
type junitNo struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
}

// ResultJUnit writes how an apply ended as a test report for CI: one test case
// an action. What was done passes, what was declined or provably not done
// fails, what is unknown is an error, what was not tried is skipped. Where no
// case says that the apply went wrong, or there is no action, one case more is
// about the apply itself, so that no report is green, or empty, by mistake.
func ResultJUnit(w io.Writer, e Ending) error {
	suite := junitSuite{Name: "no plan", Timestamp: e.At.UTC().Format("2006-01-02T15:04:05")}
	mode := ""
	if e.Plan != nil {
		suite.Name = fmt.Sprintf("plan %s, %s", ShortDigest(e.Plan.Digest), modeWord(e.Plan.Body.Mode))
		suite.Properties = []junitProperty{{"plan", Ident(e.Plan.Digest)}, {"mode", modeWord(e.Plan.Body.Mode)}}
		mode = modePrefix(e.Plan.Body.Mode)
	}
	suite.Properties = append(suite.Properties, junitProperty{"finished", strconv.FormatBool(e.Finished)})
	if e.Finished {
		suite.Properties = append(suite.Properties, junitProperty{"complete", strconv.FormatBool(e.Complete())}, junitProperty{"exit_code", strconv.Itoa(e.ExitCode)})
		for _, l := range resultLists(e.Result) {
			for _, a := range l.results {
				suite.Cases = append(suite.Cases, newJUnitCase(mode, a))
			}
		}
	}
	suite.count()
	wrong := !e.Finished || e.ExitCode != 0
	if wrong && suite.Failures+suite.Errors == 0 || len(suite.Cases) == 0 {
		suite.Cases = append(suite.Cases, junitApply(e, wrong))
		suite.count()
	}
	doc, err := xml.MarshalIndent(junitSuites{Name: "flexform apply", junitTally: suite.junitTally, Suite: suite}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode result as JUnit: %w", err)
	}
	_, err = w.Write(bytes.Join([][]byte{[]byte(xml.Header), doc, []byte("\n")}, nil))
	return err
}

func newJUnitCase(mode string, r apply.ActionResult) junitCase {
	c := junitCase{Class: Ident(r.Action.Address), Name: actionName(r)}
	if mode != "" {
		c.Name = mode + " " + c.Name
	}
	why := &junitNo{string(r.Fate), cmp.Or(whyText(r), string(r.Fate))}
	switch r.Fate {
	case apply.FateSettled:
	case apply.FateSettling:
		c.Out = "Accepted, and not known to be final at the acquirer."
	case apply.FateMoved, apply.FateNotStarted:
		if why.Message != why.Type {
			why.Message = why.Type + ": " + why.Message
		}
		why.Type = "" // a skipped case has none
		c.Skipped = why
	case apply.FateDeclined, apply.FateReversed, apply.FateNotSent, apply.FateNotDone:
		c.Failure = why
	default:
		why.Message += "; money may have moved: flexform resolve " + ShellWord(Visible(r.ID))
		c.Error = why
	}
	return c
}

// actionName says an action in words that no other action of the plan has.
func actionName(r apply.ActionResult) string {
	id := r.ID
	if id == "" {
		if step, err := r.Action.Step(); err == nil {
			id = statefile.ActionID(step, r.Action.Attempt)
		}
	}
	return ActionText(id)
}

// junitApply is the case of the apply itself.
func junitApply(e Ending, wrong bool) junitCase {
	c := junitCase{Class: "flexform", Name: "apply"}
	if wrong {
		c.Error = &junitNo{"unfinished", unfinished}
		if e.Finished {
			c.Error = &junitNo{fmt.Sprintf("exit code %d", e.ExitCode), sayEnd(e)}
		}
	} else {
		c.Out = "There is nothing to do."
	}
	return c
}

// unfinished is what a result says while its apply runs, and of one that was
// killed.
const unfinished = "the apply has not ended: it runs, or it was killed. The ledger has what it did: flexform history"

func (s *junitSuite) count() {
	s.junitTally = junitTally{Tests: len(s.Cases)}
	for _, c := range s.Cases {
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
}

// sayEnd says why an apply went wrong of which no action tells.
func sayEnd(e Ending) string {
	switch {
	case e.Error != "":
		return Visible(strings.Join(strings.Fields(e.Error), " "))
	case e.Result.Stopped != "":
		return Visible(strings.Join(strings.Fields(e.Result.Stopped), " "))
	}
	return fmt.Sprintf("exit code %d: something is left that needs a person: flexform status", e.ExitCode)
}

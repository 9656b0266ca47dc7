package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"flexform/apply"
	"flexform/internal/report"
	"flexform/plan"
)

// A telling is what an apply tells programs: lines on stdout while it runs,
// and files that say how it ended.
type telling struct {
	app    *app
	events *report.EventWriter // nil without --json
	lines  *pump
	files  []resultFile
	end    report.Ending
}

// tell begins to tell of an apply. [telling.conclude] ends it.
func (a *app) tell(o applyOptions, files []resultFile) *telling {
	t := &telling{app: a, files: files}
	if o.json {
		t.lines = newPump(a.env.Stdout)
		t.events = &report.EventWriter{W: t.lines, Now: a.env.Now}
		t.line(func(w *report.EventWriter) error { return w.Version(Version) })
	}
	return t
}

// start has the files say that the apply has not ended. One that cannot be
// written ends it.
func (t *telling) start(conn *connection) error {
	if len(t.files) == 0 {
		return nil
	}
	where, err := t.app.place(conn.config)
	if err == nil {
		err = startResults(t.app.env.FS, t.files, where, report.Ending{At: t.app.env.Now()})
	}
	if err != nil {
		t.files = nil // what stands there stays
	}
	return err
}

// line writes to stdout, if lines were asked for. The error is that of the
// encoder: the pump keeps those of stdout.
func (t *telling) line(write func(*report.EventWriter) error) {
	if t.events != nil {
		t.lines.note(write(t.events))
	}
}

func (t *telling) event(e apply.Event) {
	t.line(func(w *report.EventWriter) error { return w.Event(e) })
}

func (t *telling) recovered(s apply.Settled) {
	t.line(func(w *report.EventWriter) error { return w.Recovered(s) })
}

// reviewed tells which plan it is about.
func (t *telling) reviewed(p *plan.Plan) {
	t.end.Plan = p
	t.line(func(w *report.EventWriter) error { return w.Plan(p) })
}

func (t *telling) outages(found []apply.Outage) {
	t.line(func(w *report.EventWriter) error { return w.Outages(found) })
}

// ready refuses to go on when what was told so far could not be written: it is
// asked last before the first call.
func (t *telling) ready(ctx context.Context) error {
	if t.lines == nil {
		return nil
	}
	if err := t.lines.Flush(ctx); err != nil {
		return fmt.Errorf("write events: %w; nothing was sent", err)
	}
	return nil
}

// conclude tells how the command ends, with the error that it has. It returns
// that, or, where this could not be told, one with the same exit code that says
// so as well.
func (t *telling) conclude(ctx context.Context, err error) error {
	t.end.Finished, t.end.ExitCode, t.end.At = true, int(codeOf(err)), t.app.env.Now()
	if text := said(ctx, err); text != nil {
		t.end.Error = text.Error()
	}
	if t.end.Result.Plan == "" {
		t.end.Result = t.untried(ctx)
	}
	var failed []error
	var written []string
	for _, f := range t.files {
		if lost := f.put(t.app.env.FS, t.end); lost != nil {
			failed = append(failed, lost)
		} else {
			written = append(written, report.ShellWord(f.path))
		}
	}
	if len(written) > 0 && t.events == nil {
		fmt.Fprintf(t.app.env.Stderr, "Wrote the result to %s.\n", strings.Join(written, ", "))
	}
	if t.events != nil {
		t.line(func(w *report.EventWriter) error { return w.End(t.end) })
		failed = append(failed, t.lines.Close())
	}
	if lost := errors.Join(failed...); lost != nil {
		return &codeError{code: max(codeOf(err), exitError), err: errors.Join(said(ctx, err), &unshownError{lost, t.called()})}
	}
	return err
}

// called reports whether calls may have been made.
func (t *telling) called() bool {
	r := t.end.Result
	return len(r.Done)+len(r.Declined)+len(r.NotSent)+len(r.Unknown) > 0
}

// untried is the result of an apply that came to no run.
func (t *telling) untried(ctx context.Context) apply.Result {
	rule := apply.StopRefused
	if ctx.Err() != nil {
		rule = apply.StopInterrupted
	}
	why := t.end.Error
	if why == "" {
		why = "what is wrong was written to stderr"
	}
	switch p := t.end.Plan; {
	case p == nil:
		return apply.Result{Rule: rule, Stopped: why}
	case len(p.Body.Actions) == 0:
		return apply.Result{Plan: p.Digest}
	default:
		return apply.Refused(p, rule, errors.New(why))
	}
}

// An unshownError reports that what an apply did could not be told.
type unshownError struct {
	err    error
	called bool // calls may have been made
}

func (e *unshownError) Error() string {
	if !e.called {
		return fmt.Sprintf("the result could not be shown: %v; nothing was sent", e.err)
	}
	return fmt.Sprintf("the result could not be shown: %v; the calls were made, and the ledger has them:\n\n  flexform history", e.err)
}

func (e *unshownError) Unwrap() error { return e.err }

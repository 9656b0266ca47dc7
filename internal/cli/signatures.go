package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/approval"
	"flexform/plan/policy"
	"flexform/schema"
)

// maxStatements bounds how many statements beside one plan are read.
const maxStatements = 1000

// signatures gathers who approved a plan, and who may not: all that stands
// beside its file. Without approvals in the settings nothing is read.
func (a *app) signatures(ctx context.Context, cfg *schema.Config, p *plan.Plan, planFile string, f configFlags) (policy.Signatures, error) {
	if !cfg.Approvals.Required() {
		return policy.Signatures{}, nil
	}
	var s policy.Signatures
	if s.Authors, s.Unknown = authors(ctx, a.env, cfg.Dir, p); s.Unknown == "" {
		wrote, err := writers(ctx, a.env, cfg, p)
		if err != nil {
			s.Unknown = err.Error()
		}
		s.Authors = append(s.Authors, wrote...)
	}
	if planFile == "" {
		return s, nil
	}
	s.Command = "flexform approve"
	if f.settings != "" {
		s.Command += " --settings " + report.ShellWord(f.settings)
	}
	s.Command += " " + report.ShellWord(planFile)
	var err error
	s.Files, err = readStatements(planFile)
	return s, err
}

// readStatements reads the statements beside a plan file, signed or not. One
// that cannot be read is there all the same, and does not verify.
func readStatements(planFile string) ([]approval.File, error) {
	dir := filepath.Dir(planFile)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read approvals: %w", err)
	}
	var files []approval.File
	for _, e := range entries {
		kind := approval.Kind(strings.TrimPrefix(filepath.Ext(e.Name()), "."))
		if !strings.HasPrefix(e.Name(), filepath.Base(planFile)+".") || !kind.Valid() {
			continue
		}
		if len(files) == maxStatements {
			return nil, fmt.Errorf("read approvals: %s holds more than %d beside the plan; delete those of other plans", dir, maxStatements)
		}
		path := filepath.Join(dir, e.Name())
		files = append(files, approval.File{Name: e.Name(), Text: readSmall(path), Signature: readSmall(path + ".sig")})
	}
	return files, nil
}

// readSmall returns a regular file's bytes, not much more than a statement can
// have; nil when there is none.
func readSmall(path string) []byte {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close() // only read
	data, err := io.ReadAll(io.LimitReader(f, approval.MaxFile+1))
	if err != nil {
		return nil
	}
	return data
}

// approvalVerdict says what the approvals make of a plan.
func approvalVerdict(p *plan.Plan, f policy.Facts, allowed bool) report.Verdict {
	is := policy.Approvals(p, f)
	v := report.Verdict{Allowed: allowed && is.Complete(f.Now)}
	switch {
	case v.Allowed && is.Missing() > 0, v.Allowed && f.Now.Before(is.HoldUntil):
		v.Text = fmt.Sprintf("PAST ITS APPROVALS, the glass was broken by %s: %s; needed: %d (%s), signed: %d", is.Broken.By.Name, is.Broken.Reason, is.Needed, is.Tier, len(is.Approvers))
		return v
	case v.Allowed:
		var names []string
		for _, who := range is.Approvers {
			names = append(names, who.Name)
		}
		v.Text = fmt.Sprintf("approved by %s; needed: %d (%s)", strings.Join(names, ", "), is.Needed, is.Tier)
		if f.Config.Approvals.Rehearsal {
			v.Text += "; apply rehearses it first"
		}
		return v
	case len(is.Cancelled) > 0:
		v.Text = "cancelled"
	case is.Missing() == 0:
		v.Text = "approved, and not to be applied yet"
	default:
		v.Text = "not approved yet"
	}
	v.Breaches = is.Lines(f.Now)
	return v
}

// needsSaving refuses to make and apply a plan in one go where plans need
// approvals. What was open is settled by then.
func (a *app) needsSaving(conn *connection) error {
	return &policy.RefusedError{Reason: policy.NotApproved, Detail: fmt.Sprintf("Plans need approval (%s line %d), and one that is made and applied in one go can have none; nothing was sent. Save the plan, have it signed, then apply it:\n\n    flexform plan --out plan.json %s\n    flexform approve plan.json\n    flexform apply plan.json",
		conn.config.Approvals.Source.File, conn.config.Approvals.Source.Start.Line, report.ShellWord(conn.config.Dir))}
}

// shownFacts are what show holds a plan against: its own settings, where they
// are at hand; nil otherwise.
func (a *app) shownFacts(ctx context.Context, p *plan.Plan, file string, o planOptions) (*policy.Facts, error) {
	dir, err := planFolder(file, p, o.dir, "show")
	if err != nil {
		if o.dir != "" {
			return nil, err
		}
		return nil, nil // a plan alone is shown as it is
	}
	options, err := a.loadOptions(o.config)
	if err != nil {
		return nil, err
	}
	cfg, diags := schema.Load(dir, options)
	if diags.HasErrors() || cfg.SettingsDigest != p.Body.SettingsDigest {
		return nil, nil
	}
	state, err := a.readLedger(ctx, cfg)
	switch {
	case err != nil && cfg.Approvals.Required():
		return nil, err
	case err != nil:
		return nil, nil // nothing of it is asked for but what its past may be
	}
	facts := policy.Facts{Now: a.env.Now(), Version: Version, Config: cfg, State: state}
	facts.Signatures, err = a.signatures(ctx, cfg, p, file, o.config)
	return &facts, err
}

package cli

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/policy"
)

// planBegin is how every plan file begins, and no other document of ours.
const planBegin = "{\n  \"format_version\": \"" + plan.FormatVersion + "\",\n  \"digest\": "

// maxRivals bounds how many saved plans are read to warn of them, the newest
// first, and maxRivalFile how large each may be.
const (
	maxRivals    = 20
	maxRivalFile = 32 << 20
)

// rivals warns of other saved plans about the same transactions that could
// still be applied (hazards R24). It looks where plans are usually kept: in the
// current folder, beside the file that the plan goes into, and in the
// configuration's folder. A warning keeps nothing from being applied: the
// second of two plans is refused by the ledger, wherever the first one lay.
func (a *app) rivals(p *plan.Plan, f policy.Facts, out string) []string {
	if p.Empty() {
		return nil
	}
	var warnings []string
	for _, path := range savedPlans(".", filepath.Dir(out), f.Config.Dir) {
		if sameFile(path, out) {
			continue // it is replaced
		}
		saved, err := readPlan(path)
		if err != nil {
			a.log.Debug("not a plan that could be applied", "path", path, "error", err)
			continue
		}
		shared := policy.Rivalry(p, saved, f)
		if len(shared) == 0 {
			continue
		}
		warnings = append(warnings, fmt.Sprintf("%s is another plan that can still be applied (%s, made %s%s). It holds %s of this one as well: %s. Whichever is applied second is refused, so remove the one that is not meant.",
			path, report.ShortDigest(saved.Digest), saved.Envelope.CreatedAt.UTC().Format(time.RFC3339), by(saved.Envelope), report.Count(len(shared), "action"), someOf(shared)))
	}
	return warnings
}

// by says who made a plan, as far as it tells.
func by(e plan.Envelope) string {
	switch {
	case len(e.Makers) > 0:
		return " by " + strings.Join(e.Makers, ", ")
	case e.Commit != "":
		return fmt.Sprintf(" at commit %.12s, its maker is not recorded", e.Commit)
	}
	return ", its maker is not recorded"
}

func someOf(addresses []string) string {
	const shown = 3
	text := strings.Join(addresses[:min(shown, len(addresses))], ", ")
	if n := len(addresses) - shown; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// savedPlans returns the files in the folders that begin like a plan, the
// newest first. Folders and files that cannot be read have none.
func savedPlans(folders ...string) []string {
	type found struct {
		path string
		info os.FileInfo
	}
	var plans []found
	for _, dir := range folders {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() || info.Size() > maxRivalFile || !beginsLikePlan(path) {
				continue
			}
			if !slices.ContainsFunc(plans, func(f found) bool { return os.SameFile(f.info, info) }) {
				plans = append(plans, found{path, info})
			}
		}
	}
	slices.SortStableFunc(plans, func(a, b found) int {
		return cmp.Or(b.info.ModTime().Compare(a.info.ModTime()), cmp.Compare(a.path, b.path))
	})
	paths := make([]string, 0, maxRivals)
	for _, f := range plans[:min(maxRivals, len(plans))] {
		paths = append(paths, f.path)
	}
	return paths
}

func beginsLikePlan(path string) bool {
	head, err := readHead(path, len(planBegin))
	return err == nil && string(head) == planBegin
}

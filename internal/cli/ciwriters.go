package cli

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"flexform/plan"
	"flexform/schema"
)

// A span is some lines of a file, both included.
type span struct{ from, to int }

// writers are the addresses of those who wrote what the head says of the plan's
// transactions, whenever that was. The commits of the change are not enough: a
// wish that an earlier pull request brought, and that was never applied, is done
// by the next plan of anybody, and its author must not approve that either.
func (c *change) writers(ctx context.Context, cfg *schema.Config, p *plan.Plan) ([]string, error) {
	var lines []string
	asked := map[string]bool{}
	for file, spans := range standing(cfg, p) {
		commits, err := c.blame(ctx, path.Join(c.folder, file))
		if err != nil {
			return nil, err
		}
		for _, s := range spans {
			for n := s.from; n <= s.to; n++ {
				commit, ok := commits[n]
				if !ok || asked[commit] {
					continue
				}
				asked[commit] = true
				text, err := c.author(ctx, commit)
				if err != nil {
					return nil, err
				}
				lines = append(lines, text)
			}
		}
	}
	return addresses(strings.Join(lines, "\n")), nil
}

// standing returns by file where the wishes of a plan stand: of each block the
// lines from its head to its last value, and of data the rows.
func standing(cfg *schema.Config, p *plan.Plan) map[string][]span {
	wanted := map[string]bool{}
	for _, a := range p.Body.Actions {
		wanted[a.Address] = true
	}
	all := map[string][]span{}
	add := func(ranges ...schema.Range) {
		block := map[string]span{}
		for _, r := range ranges {
			if !r.Valid() {
				continue
			}
			s, known := block[r.File]
			if !known {
				s.from = r.Start.Line
			}
			block[r.File] = span{min(s.from, r.Start.Line), max(s.to, r.Start.Line, r.End.Line)}
		}
		for file, s := range block {
			all[file] = append(all[file], s)
		}
	}
	for _, t := range cfg.Transactions {
		if at := t.Places; wanted[t.Address] {
			add(t.Source, at.Transact, at.OrderID, at.Amount, at.Captured, at.Refunded, at.Cancelled, at.Reauthorise)
		}
	}
	for _, t := range cfg.Tickets {
		charged := slices.ContainsFunc(t.Charges, func(charge schema.Charge) bool { return wanted[charge.Address] })
		if wanted[t.Address] || charged {
			add(t.Source, t.Places.Ticket, t.Places.Deleted)
		}
		for _, charge := range t.Charges {
			if wanted[charge.Address] {
				add(charge.Source, charge.Places.OrderID, charge.Places.Amount)
			}
		}
	}
	return all
}

// blamed begins what git says of a line: its commit, its number there and here.
var blamed = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64}) [0-9]+ ([0-9]+)( |$)`)

// blame returns the commit that each line of a file of the head is from; nothing
// for what is no file there, such as a value of the command line.
func (c *change) blame(ctx context.Context, name string) (map[int]string, error) {
	if entry, ok, err := c.repo.file(ctx, c.head.commit, name); err != nil || !ok || !entry.regular() {
		return nil, err
	}
	out, err := c.repo.output(ctx, "-c", "blame.ignoreRevsFile=", "blame", "--porcelain", "--no-textconv", c.head.commit, "--", name)
	if err != nil {
		return nil, fmt.Errorf("git cannot tell who wrote %s%s", name, gitSays(err))
	}
	all := map[int]string{}
	for line := range strings.Lines(string(out)) {
		if found := blamed.FindStringSubmatch(strings.TrimSuffix(line, "\n")); found != nil {
			n, err := strconv.Atoi(found[2])
			if err != nil {
				return nil, err
			}
			all[n] = found[1]
		}
	}
	return all, nil
}

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
	return writersOf(standing(cfg, p),
		func(file string) (map[int]string, error) { return c.blame(ctx, path.Join(c.folder, file)) },
		func(commit string) (string, error) { return c.author(ctx, commit) })
}

// writers are those of a folder as its repository's HEAD has it, nobody when the
// plan was made in none. What was never committed nobody wrote.
func writers(ctx context.Context, env Env, cfg *schema.Config, p *plan.Plan) ([]string, error) {
	if !commitID.MatchString(p.Envelope.Commit) {
		return nil, nil
	}
	return writersOf(standing(cfg, p),
		func(file string) (map[int]string, error) {
			entry, err := gitOutput(ctx, env, cfg.Dir, "ls-tree", "HEAD", "--", file)
			if err != nil || !strings.HasPrefix(entry, "100") {
				return nil, err
			}
			out, err := gitOutput(ctx, env, cfg.Dir, blameOf("HEAD", file)...)
			return blamed(out), err
		},
		func(commit string) (string, error) {
			return gitOutput(ctx, env, cfg.Dir, "log", "-1", authorFormat, commit)
		})
}

// writersOf asks for the commit of each line, and for the authors of each commit.
func writersOf(spans map[string][]span, blame func(file string) (map[int]string, error), author func(commit string) (string, error)) ([]string, error) {
	var lines []string
	asked := map[string]bool{}
	for file, spans := range spans {
		commits, err := blame(file)
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
				text, err := author(commit)
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

// blame returns the commit that each line of a file of the head is from; nothing
// for what is no file there, such as a value of the command line.
func (c *change) blame(ctx context.Context, name string) (map[int]string, error) {
	if entry, ok, err := c.repo.file(ctx, c.head.commit, name); err != nil || !ok || !entry.regular() {
		return nil, err
	}
	out, err := c.repo.output(ctx, blameOf(c.head.commit, name)...)
	if err != nil {
		return nil, fmt.Errorf("git cannot tell who wrote %s%s", name, gitSays(err))
	}
	return blamed(string(out)), nil
}

// blameOf is the command that git says it with, of what was committed: for the
// working tree's file it could run a filter of the repository's. No file of the
// repository has commits passed over, whatever somebody's configuration says.
func blameOf(commit, name string) []string {
	return []string{"blame", "--porcelain", "--no-textconv", "--ignore-revs-file=", commit, "--", name}
}

// blameLine begins what git says of a line: its commit, its number there and here.
var blameLine = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64}) [0-9]+ ([0-9]+)( |$)`)

func blamed(out string) map[int]string {
	all := map[int]string{}
	for line := range strings.Lines(out) {
		if found := blameLine.FindStringSubmatch(strings.TrimSuffix(line, "\n")); found != nil {
			if n, err := strconv.Atoi(found[2]); err == nil {
				all[n] = found[1]
			}
		}
	}
	return all
}

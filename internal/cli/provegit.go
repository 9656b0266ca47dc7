package cli

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"flexform/internal/report"
	"flexform/plan/proof"
)

// findConfiguration takes the commit and the file that declares the action. What
// cannot be found is left out, with a note.
func (p *proving) findConfiguration(ctx context.Context) {
	commit := p.move.Begin.Begin.Commit
	if commit == "" {
		p.notes = append(p.notes, "the ledger names no commit, so the proof has no line of the configuration")
		return
	}
	found, err := p.objects(ctx, commit)
	if err != nil {
		p.notes = append(p.notes, fmt.Sprintf("the line of the configuration is not in the proof: %v", err))
		return
	}
	p.bundle.Configuration = found
}

// objects reads git's objects from a commit to the file that declares the action.
func (p *proving) objects(ctx context.Context, commit string) (*proof.Configuration, error) {
	if !commitID.MatchString(commit) {
		return nil, fmt.Errorf("%s is no commit", report.Visible(commit))
	}
	dir, err := p.folderInRepository(ctx, p.cfg.Dir, p.cfg.Dir)
	if err != nil {
		return nil, err
	}
	object, err := p.object(ctx, commit, "commit")
	if err != nil {
		return nil, err
	}
	id, ok := proof.CommitTree(object)
	if !ok {
		return nil, fmt.Errorf("commit %s cannot be read", commit)
	}
	objects := [][]byte{object}
	var below []string
	if dir != "." {
		below = strings.Split(dir, "/")
	}
	for i := 0; ; i++ {
		tree, err := p.object(ctx, id, "tree")
		if err != nil {
			return nil, err
		}
		objects = append(objects, tree)
		if i == len(below) {
			break
		}
		if _, id, ok = proof.TreeEntry(tree, below[i], len(commit)); !ok {
			return nil, fmt.Errorf("commit %.12s has no folder %s", commit, dir)
		}
	}
	return p.declaring(ctx, commit, dir, objects)
}

// declaring looks in the folder, the last of the objects, for the file.
func (p *proving) declaring(ctx context.Context, commit, dir string, objects [][]byte) (*proof.Configuration, error) {
	names, err := gitOutput(ctx, p.env, p.cfg.Dir, "ls-tree", "--name-only", "-z", "--full-tree", commit+":"+strings.TrimPrefix(dir, "."))
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(names, "\x00") {
		if path.Ext(name) != ".hcl" {
			continue
		}
		mode, id, ok := proof.TreeEntry(objects[len(objects)-1], name, len(commit))
		if !ok || !strings.HasPrefix(mode, "100") {
			continue
		}
		text, err := p.object(ctx, id, "blob")
		if err != nil {
			return nil, err
		}
		if line := declaredAt(text, name, p.move.Entry.Intent.Address); line > 0 {
			return &proof.Configuration{Path: path.Join(dir, name), Line: line, Objects: append(objects, text)}, nil
		}
	}
	return nil, fmt.Errorf("no file of %s at commit %.12s declares %s", dir, commit, p.move.Entry.Intent.Address)
}

// declaredAt returns the line at which a file begins the block of an address; 0
// when it does not.
func declaredAt(text []byte, name, address string) int {
	file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		return 0
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return 0
	}
	lines := strings.Split(string(text), "\n")
	at := slices.IndexFunc(body.Blocks, func(b *hclsyntax.Block) bool {
		n := b.TypeRange.Start.Line
		return n <= len(lines) && proof.Declares(lines[n-1], address)
	})
	if at < 0 {
		return 0
	}
	return body.Blocks[at].TypeRange.Start.Line
}

// object reads one object of the repository.
func (p *proving) object(ctx context.Context, id, kind string) ([]byte, error) {
	out, err := runGit(ctx, p.env, p.cfg.Dir, []byte(id+"\n"), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	object, _, err := cutObject(out, id, kind)
	return object, err
}

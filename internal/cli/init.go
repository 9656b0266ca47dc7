package cli

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"flexform/internal/report"
)

// starter is the folder that init writes: a working configuration on the
// built-in gateway. Its names begin with an underscore where a dot would hide
// them from go:embed.
//
//go:embed starter
var starter embed.FS

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FOLDER]",
		Short: "Write a starter configuration that runs on the built-in gateway",
		Long: `Writes a small working configuration, with transactions for the built-in gateway,
into FOLDER (default "."). It never overwrites a file.`,
		Example: "  flexform init shop\n  flexform apply shop",
		Args:    takes(0, 1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.runInit(folder(args)) },
	}
}

// starterNames maps the embedded files to what they are called in a folder.
var starterNames = map[string]string{"main.hcl": "main.hcl", "transactions.csv": "transactions.csv", "gitignore": ".gitignore", "gitattributes": ".gitattributes"}

func (a *app) runInit(dir string) error {
	existing, err := filepath.Glob(filepath.Join(dir, "*.hcl"))
	if err != nil {
		return err
	}
	if len(existing) > 0 {
		return fmt.Errorf("%s already holds a configuration (%s); nothing was written", dir, filepath.Base(existing[0]))
	}
	for _, name := range starterNames {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil && !ofGit(name) {
			return fmt.Errorf("%s already holds a file %s; nothing was written", dir, name)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	entries, err := fs.ReadDir(starter, "starter")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		data, err := fs.ReadFile(starter, path.Join("starter", entry.Name()))
		if err != nil {
			return err
		}
		if err := writeNew(filepath.Join(dir, starterNames[entry.Name()]), data); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(a.env.Stdout, "Wrote a starter configuration to %s. Look at what it would do, then do it:\n\n  flexform plan %s\n  flexform apply %s\n", dir, report.ShellWord(dir), report.ShellWord(dir))
	return err
}

// ofGit reports whether a file of the starter says something to git. One that
// is there already stays as it is.
func ofGit(name string) bool { return name == ".gitignore" || name == ".gitattributes" }

// writeNew writes a file that must not exist yet.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) && ofGit(filepath.Base(name)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

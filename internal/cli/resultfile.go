package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"flexform/internal/durable"
	"flexform/internal/report"
)

// A resultOption says where an apply writes how it ended.
type resultOption struct {
	paths  []string
	format string // "json", "junit" or "csv"; empty: by the ending of the path
}

func (o *resultOption) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&o.paths, "result", nil, "write how it ended to this `file`, by its ending .json, .csv or .xml (a JUnit report); may be repeated")
	cmd.Flags().StringVar(&o.format, "result-format", "", "format of the --result file, whatever its ending: `json`, csv or junit")
}

// A resultFile is a file that says how an apply ended.
type resultFile struct {
	path, begin, what string
	write             func(io.Writer, report.Ending) error
}

// files returns the files that were asked for. What speaks against writing one
// is found here as far as it can be without a configuration: before anything
// is read, and long before money moves.
func (o resultOption) files() ([]resultFile, error) {
	if o.format != "" && len(o.paths) != 1 {
		return nil, fmt.Errorf("--result-format is the format of one --result file, and there are %d", len(o.paths))
	}
	var files []resultFile
	for _, path := range o.paths {
		f, err := o.file(path)
		for _, other := range files {
			if err == nil && sameFile(path, other.path) {
				err = errors.New("it is named twice")
			}
		}
		if err == nil {
			err = f.check()
		}
		if err != nil {
			return nil, fmt.Errorf("--result %s: %w; nothing was sent", report.ShellWord(path), err)
		}
		files = append(files, f)
	}
	return files, nil
}

func (o resultOption) file(path string) (resultFile, error) {
	format := o.format
	if format == "" {
		format = strings.TrimPrefix(filepath.Ext(path), ".")
	}
	switch {
	case format == "json":
		return resultFile{path, report.ResultJSONBegin, "result of an apply", report.ResultJSON}, nil
	case format == "junit", format == "xml" && o.format == "":
		return resultFile{path, report.ResultJUnitBegin, "JUnit report of an apply", report.ResultJUnit}, nil
	case format == "csv":
		return resultFile{path, report.ResultCSVBegin, "table of an apply's result", report.ResultCSV}, nil
	case o.format != "":
		return resultFile{}, fmt.Errorf(`--result-format=%s: write "json", "csv" or "junit"`, o.format)
	}
	return resultFile{}, errors.New("name a file that ends in .json, .csv or .xml (a JUnit report), or say --result-format")
}

// check looks whether the file can be written, and replaces nothing else.
func (f resultFile) check() error {
	info, err := os.Stat(filepath.Dir(f.path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder %s does not exist", filepath.Dir(f.path))
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is no folder", filepath.Dir(f.path))
	}
	return replaceable(f.path, f.begin, f.what)
}

// startResults writes to each file that the apply has not ended, so that no result of
// an earlier one passes for that of one that was killed, and so that the file
// is known to be writable. The ledger may be at where: it is not there yet, or
// check would have found it.
func startResults(fsys durable.FS, files []resultFile, where place, at report.Ending) error {
	for _, f := range files {
		if path, ok := where.(filePlace); ok && (sameFile(f.path, string(path)) || strings.HasPrefix(resolved(f.path), resolved(string(path))+".")) {
			return fmt.Errorf("--result %s is where the ledger %s is kept: name another file; nothing was sent", report.ShellWord(f.path), path)
		}
	}
	for _, f := range files {
		if err := f.put(fsys, at); err != nil {
			return fmt.Errorf("%w; nothing was sent", err)
		}
	}
	return nil
}

func (f resultFile) put(fsys durable.FS, e report.Ending) error {
	return writeForm(fsys, f.path, f.begin, f.what, func(w io.Writer) error { return f.write(w, e) })
}

// sameFile reports whether two paths lead to one file, there or not.
func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y) || resolved(a) == resolved(b)
}

// resolved returns the path of a file in its folder as it really is.
func resolved(path string) string {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, filepath.Base(path))
}

package schema

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

const (
	maxFile  = 64 << 20  // bytes of one file
	maxTotal = 256 << 20 // bytes of all files together
	maxFiles = 10_000    // *.hcl files of one folder
)

// A folder hands out the regular files below one directory and nothing else:
// no path and no link leads out of it, and no device or pipe is ever read. It
// keeps what it has read, so that a file has the same bytes for everyone.
type folder struct {
	root  *os.Root
	files map[string]source
	total int
}

// A refusal says why a file cannot be used, in words for the author.
type refusal struct{ summary, detail string }

func (r *refusal) Error() string { return r.detail }

func openFolder(dir string) (*folder, *refusal) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, &refusal{"Cannot read the folder", fmt.Sprintf("The folder %s cannot be opened: %v.", dir, reason(err))}
	}
	return &folder{root: root, files: map[string]source{}}, nil
}

// configs lists the *.hcl files that stand directly in the folder, by name.
// Hidden files are left out: editors keep their half-written copies there.
func (f *folder) configs() ([]string, *refusal) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, &refusal{"Cannot read the folder", fmt.Sprintf("The folder cannot be read: %v.", reason(err))}
	}
	defer dir.Close()
	var names []string
	for {
		entries, err := dir.ReadDir(1000)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".hcl") && !strings.HasPrefix(e.Name(), ".") {
				names = append(names, e.Name())
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			slices.Sort(names)
			return names, nil
		case err != nil:
			return nil, &refusal{"Cannot read the folder", fmt.Sprintf("The folder cannot be listed: %v.", reason(err))}
		case len(names) > maxFiles:
			return nil, &refusal{"Too many files", fmt.Sprintf("The folder has more than %d files that end in .hcl. Put tables of transactions into a CSV file.", maxFiles)}
		}
	}
}

// read returns a file by its path within the folder.
func (f *folder) read(name string) (source, *refusal) {
	clean := path.Clean(name)
	if src, ok := f.files[clean]; ok {
		return src, nil
	}
	if name == "" || path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") || strings.ContainsRune(name, 0) {
		return source{}, outsideFolder(name)
	}
	text, err := f.slurp(clean)
	if err != nil {
		return source{}, f.explain(clean, err)
	}
	if f.total += len(text); f.total > maxTotal {
		return source{}, &refusal{"Files too large", fmt.Sprintf("With %s, the files of this configuration are larger than %d MiB together. Split the configuration into several folders.", name, maxTotal>>20)}
	}
	src := source{clean, text}
	f.files[clean] = src
	return src, nil
}

var (
	errIrregular = errors.New("not a regular file")
	errTooLarge  = errors.New("too large")
)

func (f *folder) slurp(name string) (string, error) {
	// Looking before opening keeps devices from being touched; not blocking
	// keeps a pipe that takes the file's place in between from hanging us.
	if info, err := f.root.Stat(name); err != nil {
		return "", err
	} else if !info.Mode().IsRegular() {
		return "", errIrregular
	}
	file, err := f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", errIrregular
	case info.Size() > maxFile:
		return "", errTooLarge
	}
	var text strings.Builder
	text.Grow(int(info.Size()))
	n, err := io.Copy(&text, io.LimitReader(file, maxFile+1))
	if err == nil && n > maxFile {
		err = errTooLarge
	}
	return text.String(), err
}

// explain turns a failure to read a file into words.
func (f *folder) explain(name string, err error) *refusal {
	switch {
	case errors.Is(err, errIrregular):
		return &refusal{"Not a regular file", fmt.Sprintf("%s is a folder, a pipe, a device or something else that cannot be read like a file. Put a regular file in its place.", name)}
	case errors.Is(err, errTooLarge):
		return &refusal{"File too large", fmt.Sprintf("%s is larger than %d MiB. Split it into several files.", name, maxFile>>20)}
	case errors.Is(err, fs.ErrNotExist):
		return &refusal{"File not found", fmt.Sprintf("There is no file %s in the folder of the configuration.%s", name, didYouMean(path.Base(name), f.list(path.Dir(name))))}
	case errors.Is(err, fs.ErrPermission):
		return &refusal{"Cannot read file", fmt.Sprintf("The file %s cannot be opened: permission denied. Let the user who runs flexform read it.", name)}
	case strings.Contains(err.Error(), "escapes"):
		return outsideFolder(name)
	}
	return &refusal{"Cannot read file", fmt.Sprintf("The file %s cannot be read: %v.", name, reason(err))}
}

func outsideFolder(name string) *refusal {
	return &refusal{"File outside the folder", fmt.Sprintf("The path %q leads out of the folder of the configuration, directly or through a link. Only files inside it can be used, so that a review sees everything that decides. Copy the file into the folder and name it by its path from there.", name)}
}

// list names the files of a directory, to suggest one of them.
func (f *folder) list(dir string) []string {
	d, err := f.root.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	entries, _ := d.ReadDir(1000) // what can be read is enough for a suggestion
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names
}

// reason is the bare cause of a file system error, without operation and path.
func reason(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

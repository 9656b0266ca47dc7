package schema

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestNothingOutsideTheFolderIsRead is R64: whatever a path says and wherever a
// link leads, not one byte from outside comes in.
func TestNothingOutsideTheFolderIsRead(t *testing.T) {
	const canary = "canary-from-outside"
	outside := folderOf(t, map[string]string{"secret.csv": "transact\n" + canary + "\n", "secret.hcl": "# " + canary + "\n"})
	tests := map[string]struct {
		path string
		want string
		lay  func(t *testing.T, dir string)
	}{
		"up":                        {path: "../" + filepath.Base(outside) + "/secret.csv", want: "File outside the folder"},
		"up and down":               {path: "sub/../../" + filepath.Base(outside) + "/secret.csv", want: "File outside the folder"},
		"only up":                   {path: "..", want: "File outside the folder"},
		"absolute":                  {path: outside + "/secret.csv", want: "File outside the folder"},
		"absolute with slashes":     {path: "//" + outside + "/secret.csv", want: "File outside the folder"},
		"the environment":           {path: "/proc/self/environ", want: "File outside the folder"},
		"a device":                  {path: "/dev/zero", want: "File outside the folder"},
		"a link to a file":          {path: "link.csv", want: "File outside the folder", lay: link(outside+"/secret.csv", "link.csv")},
		"a link that goes up":       {path: "link.csv", want: "File outside the folder", lay: link("../"+filepath.Base(outside)+"/secret.csv", "link.csv")},
		"a link to a folder":        {path: "link/secret.csv", want: "File outside the folder", lay: link(outside, "link")},
		"a link to a device":        {path: "link.csv", want: "File outside the folder", lay: link("/dev/zero", "link.csv")},
		"a link to the environment": {path: "link.csv", want: "File outside the folder", lay: link("/proc/self/environ", "link.csv")},
		"a link to itself":          {path: "link.csv", want: "Cannot read file", lay: link("link.csv", "link.csv")},
		"a dangling link":           {path: "link.csv", want: "File not found", lay: link("gone.csv", "link.csv")},
		"a pipe":                    {path: "pipe.csv", want: "Not a regular file", lay: pipe("pipe.csv")},
		"a link to a pipe":          {path: "link.csv", want: "Not a regular file", lay: func(t *testing.T, dir string) { pipe("pipe.csv")(t, dir); link("pipe.csv", "link.csv")(t, dir) }},
		"a folder":                  {path: "sub", want: "Not a regular file", lay: func(t *testing.T, dir string) { writeFile(t, dir, "sub/x", "") }},
		"the folder itself":         {path: ".", want: "Not a regular file"},
		"a file as a folder":        {path: "main.hcl/x.csv", want: "Cannot read file"},
		"another case":              {path: "RECALL.CSV", want: "File not found", lay: func(t *testing.T, dir string) { writeFile(t, dir, "recall.csv", "transact\n") }},
		"nothing":                   {path: "", want: "Wrong type"},
		"too large":                 {path: "large.csv", want: "File too large", lay: large("large.csv")},
	}
	for name, tt := range tests {
		for _, function := range []string{"csv", "file"} {
			t.Run(function+" "+name, func(t *testing.T) {
				call := `csv("` + tt.path + `", "transact")`
				if function == "file" {
					call = `file("` + tt.path + `")`
				}
				dir := folderOf(t, map[string]string{"main.hcl": shop + "locals {\n  x = " + call + "\n}\n"})
				if tt.lay != nil {
					tt.lay(t, dir)
				}
				c, diags := Load(dir, LoadOptions{})
				text := render(c, diags)
				want := tt.want
				if function == "file" {
					want = "Invalid function argument"
				}
				if !strings.Contains(text, "Error: "+want+"\n") || len(diags) != 1 {
					t.Errorf("want one mistake %q, got\n%s", want, text)
				}
				if strings.Contains(text, canary) || strings.Contains(text, "PATH=") {
					t.Errorf("bytes from outside came in:\n%s", text)
				}
			})
		}
	}
}

func link(target, name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func pipe(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// large makes a file of more than the limit that takes no room on disk.
func large(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		writeFile(t, dir, name, "")
		if err := os.Truncate(filepath.Join(dir, name), maxFile+1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfigurationFilesThemselves(t *testing.T) {
	outside := folderOf(t, map[string]string{"secret.hcl": "# canary-from-outside\n"})
	tests := map[string]struct {
		lay  func(t *testing.T, dir string)
		want string
	}{
		"a pipe":            {pipe("b.hcl"), "Not a regular file"},
		"a folder":          {func(t *testing.T, dir string) { writeFile(t, dir, "b.hcl/x", "") }, "Not a regular file"},
		"a link out":        {link(outside+"/secret.hcl", "b.hcl"), "File outside the folder"},
		"too large":         {large("b.hcl"), "File too large"},
		"an editor's link":  {link("user@host.1234", ".#main.hcl"), ""},
		"a hidden file":     {func(t *testing.T, dir string) { writeFile(t, dir, ".b.hcl", "nonsense") }, ""},
		"in a folder below": {func(t *testing.T, dir string) { writeFile(t, dir, "sub/b.hcl", "nonsense") }, ""},
		"a link inside": {func(t *testing.T, dir string) {
			writeFile(t, dir, "sub/b", "locals {\n}\n")
			link("sub/b", "b.hcl")(t, dir)
		}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := folderOf(t, map[string]string{"main.hcl": shop})
			tt.lay(t, dir)
			c, diags := Load(dir, LoadOptions{})
			if got := summaries(diags); got != tt.want {
				t.Errorf("want %q, got\n%s", tt.want, render(c, diags))
			}
		})
	}
}

func TestFoldersThatAreNone(t *testing.T) {
	dir := folderOf(t, map[string]string{"file": "", "empty/.keep": ""})
	tests := map[string]struct{ dir, want string }{
		"a folder without files":  {filepath.Join(dir, "empty"), "No configuration"},
		"a folder that is a file": {filepath.Join(dir, "file"), "Cannot read the folder"},
		"no folder":               {filepath.Join(dir, "gone"), "Cannot read the folder"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, diags := Load(tt.dir, LoadOptions{})
			if summaries(diags) != tt.want || c == nil || c.Dir != tt.dir {
				t.Errorf("Load(%s): config %v, mistakes %v; want %q", tt.dir, c, diags, tt.want)
			}
		})
	}
}

func writeFile(t testing.TB, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

package sandbox

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestConformance holds the transcripts against testdata/conformance.txt: each
// service is in the table, and each of its cases in a transcript.
func TestConformance(t *testing.T) {
	asked := askedCases(t)
	table := readConformance(t)
	services := (&Gateway{}).services()
	names := map[string]bool{}
	for _, s := range services {
		names[s.name()] = true
		row, found := table[s.name()]
		if !found {
			t.Errorf("%s is not in the table", s.name())
			continue
		}
		if row.login != s.login {
			t.Errorf("%s needs a login: %t; the table says %t", s.name(), s.login, row.login)
		}
		for _, name := range row.cases() {
			if !asked[s.name()][name] {
				t.Errorf("%s: no transcript asks for %q", s.name(), name)
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(table)), slices.Sorted(maps.Keys(names))); diff != "" {
		t.Errorf("services mismatch (-table +gateway):\n%s", diff)
	}
}

type conformanceRow struct {
	needs, errors           []string
	login, signed, transact bool
}

func (r conformanceRow) cases() []string {
	cases := append([]string{"success"}, r.errors...)
	for _, name := range r.needs {
		cases = append(cases, "missing "+name)
	}
	for name, due := range map[string]bool{"bad login": r.login, "wrong MD5": r.signed, "unknown transaction": r.transact} {
		if due {
			cases = append(cases, name)
		}
	}
	slices.Sort(cases)
	return cases
}

func readConformance(t *testing.T) map[string]conformanceRow {
	t.Helper()
	text, err := os.ReadFile("testdata/conformance.txt")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]conformanceRow{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 6 || table[cells[0]].needs != nil {
			t.Fatalf("not a row of the table, or a second one: %q", line)
		}
		row := conformanceRow{needs: strings.Fields(cells[1]), login: cells[2] == "yes", signed: cells[3] == "yes", transact: cells[4] == "yes"}
		if cells[5] != "-" {
			row.errors = strings.Split(cells[5], ", ")
		}
		table[cells[0]] = row
	}
	return table
}

// askedCases collects the requests of all transcripts that are followed by an
// expected reply: service, then case.
func askedCases(t *testing.T) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]map[string]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, section := range archive.Files {
			title, isRequest := strings.CutPrefix(section.Name, "> ")
			if !isRequest || i+1 == len(archive.Files) || !strings.HasPrefix(archive.Files[i+1].Name, "< ") {
				continue
			}
			name, _, _ := strings.Cut(title, ": ")
			if reply := archive.Files[i+1]; !fits(name, reply.Name, strings.TrimSpace(string(reply.Data))) {
				t.Errorf("%s: %q is not answered by %q %q", file, title, reply.Name, reply.Data)
			}
			service := requestedService(string(section.Data))
			if asked[service] == nil {
				asked[service] = map[string]bool{}
			}
			asked[service][name] = true
		}
	}
	return asked
}

// fits reports whether a reply can be that of a case.
func fits(name, code, reply string) bool {
	words := strings.Fields(name)
	switch {
	case name == "success":
		return code != "< 401" && !strings.Contains(reply, "DECLINED")
	case name == "bad login":
		return strings.HasPrefix(code, "< 401")
	case len(words) == 2 && (words[0] == "reason" || words[0] == "result"):
		return strings.Contains("&"+strings.Replace(reply, "?", "&", 1)+"&", "&"+words[0]+"="+words[1]+"&")
	case words[0] == "missing" || words[0] == "unknown" || words[0] == "wrong" || words[0] == "another":
		return !strings.Contains(reply, "ACCEPTED")
	}
	return true
}

func requestedService(request string) string {
	line, _, _ := strings.Cut(request, "\n")
	words := strings.Fields(line)
	if len(words) < 2 {
		return ""
	}
	target, _, _ := strings.Cut(words[1], "?")
	return filepath.Base(target)
}

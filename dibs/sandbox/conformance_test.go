package sandbox

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// The codes of flexwin.md 4. A service that answers with a set of them has a
// case for each; that of result 0 is called success.
var (
	everyResult = codes("result", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 1000)
	everyReason = codes("reason", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20)
	everyStatus = codes("status", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 26)
)

func codes(name string, numbers ...int) []string {
	cases := make([]string, len(numbers))
	for i, n := range numbers {
		cases[i] = fmt.Sprint(name, " ", n)
	}
	return cases
}

// documented is what the reference says of each service: which parameters it
// needs, and what else it may answer (flexwin.md 4, 5, 6, 8 and 9).
var documented = map[string]struct {
	needs string
	cases []string
}{
	"auth.cgi":                  {"merchant amount currency orderid cardno expmon expyear textreply", everyReason},
	"3dsecure.cgi":              {"merchant amount currency orderid cardno expmon expyear accepturl declineurl", everyReason},
	"reauth.cgi":                {"merchant transact textreply", everyReason},
	"capture.cgi":               {"merchant amount transact orderid", everyResult},
	"refund.cgi":                {"merchant transact amount currency orderid textreply", everyResult},
	"cancel.cgi":                {"merchant transact textreply", everyResult},
	"changestatus.cgi":          {"merchant amount transact action textreply", everyResult},
	"suppl_auth.cgi":            {"merchant amount transact textreply", everyResult},
	"ticket_auth.cgi":           {"merchant ticket amount currency orderid textreply", append([]string{"unknown ticket"}, everyReason...)},
	"delticket.cgi":             {"merchant ticket", []string{"unknown ticket"}},
	"payinfo.cgi":               {"transact", everyStatus},
	"transinfo.cgi":             {"merchant orderid currency amount", append([]string{"not found"}, codes("status", 0, 1, 2, 3)...)},
	"transstatus.pml":           {"merchant transact", append([]string{"another merchant's"}, everyStatus...)},
	"transstat.cgi":             {"merchant amount transact orderid currency", []string{"red", "yellow"}},
	"transimg.cgi":              {"merchant amount transact orderid currency", []string{"red", "yellow"}},
	"confirmtransact.cgi":       {"merchant transact orderid currency", []string{"another merchant's"}},
	"cardtype.pml":              {"merchant transact", []string{"another merchant's"}},
	"cardtype.cgi":              {"merchant transact", []string{"another merchant's"}},
	"callback.cgi":              {"merchant transact", []string{"another merchant's", "no callback"}},
	"splitpay_info.cgi":         {"merchant transact", append(codes("status", 1, 2, 3), "reason 6")},
	"splitpay_changestatus.cgi": {"merchant transact action", append(codes("reason", 6, 8, 12), "another merchant's")},
	"status.pml":                {"acquirer replytype", []string{"text", "html", "up", "down"}},
	"danskenet.cgi":             {"merchant amount currency orderid accepturl declineurl cancelurl", []string{"accepted", "declined", "cancelled", "reason 7", "wrong timeout"}},
	"solo_payment.cgi":          {"merchant amount currency orderid accepturl declineurl cancelurl md5key", []string{"accepted", "declined", "cancelled", "reason 7"}},
	"generatevouchers.cgi":      {"merchant quantity type value currency", nil},
	"FlexWin":                   {"merchant amount currency orderid accepturl", nil},
}

// everywhere are the cases that every service has, unless the table says why
// it has not.
var everywhere = []string{"success", "unknown merchant", "unknown transaction", "wrong MD5", "bad login"}

func documentedCases(service string) []string {
	cases := slices.Concat(everywhere, documented[service].cases)
	for _, name := range strings.Fields(documented[service].needs) {
		cases = append(cases, "missing "+name)
	}
	slices.Sort(cases)
	return cases
}

// TestConformance holds testdata/conformance.txt against the reference and the
// transcripts: there is a line for every case of every service, and each says
// either that there is a test, and then there is, or why there can be none.
// TestClientConformance in package dibs does the same for the client.
func TestConformance(t *testing.T) {
	asked := askedCases(t)
	table := readConformance(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(table))); diff != "" {
		t.Errorf("services mismatch (-reference +table):\n%s", diff)
	}
	for service, cells := range table {
		if diff := cmp.Diff(documentedCases(service), slices.Sorted(maps.Keys(cells))); diff != "" {
			t.Errorf("cases of %s mismatch (-reference +table):\n%s", service, diff)
		}
		for name, why := range cells {
			switch transcribed := asked[service][name]; {
			case why == tested && !transcribed:
				t.Errorf("%s: no transcript asks for %q", service, name)
			case why != tested && transcribed:
				t.Errorf("%s: a transcript asks for %q, and the table says that there can be none: %s", service, name, why)
			case why != tested && len(strings.Fields(why)) < 3:
				t.Errorf("%s: %q is no reason why there is no transcript of %q", service, why, name)
			}
		}
	}
	for _, s := range (&Gateway{}).services() {
		if _, listed := table[s.name()]; !listed && s.path != bankPath {
			t.Errorf("%s is not in the table", s.name())
		}
	}
}

// tested stands in the table for a test that there is.
const tested = "test"

// readConformance returns the transcripts' column: service, case, what it says.
func readConformance(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/conformance.txt")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]map[string]string{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, " | ")
		if len(cells) != 4 {
			t.Fatalf("not a line of the table: %q", line)
		}
		if table[cells[0]] == nil {
			table[cells[0]] = map[string]string{}
		}
		for name := range strings.SplitSeq(cells[1], ", ") {
			if _, twice := table[cells[0]][name]; twice {
				t.Errorf("%s has %q twice", cells[0], name)
			}
			table[cells[0]][name] = cells[2]
		}
	}
	return table
}

// askedCases collects the requests of all transcripts that are followed by an
// expected reply: service, then case. A request belongs to the case that its
// title begins with, up to a colon.
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
		service := ""
		for i, section := range archive.Files {
			title, isRequest := strings.CutPrefix(section.Name, "> ")
			if !isRequest || i+1 == len(archive.Files) || !strings.HasPrefix(archive.Files[i+1].Name, "< ") {
				continue
			}
			name, _, _ := strings.Cut(title, ": ")
			// The bank's page goes on with the service that opened it.
			if requested := requestedService(string(section.Data)); requested != path.Base(bankPath) {
				service = requested
			}
			if reply := archive.Files[i+1]; slices.Contains(documentedCases(service), name) && !fits(service, name, reply.Name, strings.TrimSpace(string(reply.Data))) {
				t.Errorf("%s: %q of %s is not answered by %q %q", file, title, service, reply.Name, reply.Data)
			}
			if asked[service] == nil {
				asked[service] = map[string]bool{}
			}
			asked[service][name] = true
		}
	}
	return asked
}

// fits reports whether a reply can be that of a case: a transcript must not
// stand in the table for something that it does not show.
func fits(service, name, code, reply string) bool {
	says := func(pair string) bool {
		return strings.Contains("&"+strings.Replace(reply, "?", "&", 1)+"&", "&"+pair+"&")
	}
	words := strings.Fields(name)
	switch {
	case name == "success":
		return code != "< 401" && !strings.Contains(reply, "DECLINED")
	case name == "bad login":
		return strings.HasPrefix(code, "< 401") && strings.Contains(reply, "Login problems?")
	case name == "missing textreply", name == "missing currency" && service == "refund.cgi":
		return says("status=ACCEPTED") // chosen; other clients leave them out
	case name == "missing replytype":
		return strings.HasPrefix(reply, "Last contact")
	case words[0] == "status" && service == "transstatus.pml":
		return reply == words[1]
	case len(words) == 2 && (words[0] == "reason" || words[0] == "result" || words[0] == "status"):
		return says(words[0] + "=" + words[1])
	case words[0] == "missing" || words[0] == "unknown" || words[0] == "wrong":
		return refuses(service, reply)
	case words[0] == "another":
		return !strings.Contains(reply, "ACCEPTED")
	}
	return true
}

// refuses reports whether a reply is the service's way to refuse parameters.
func refuses(service, reply string) bool {
	cases := documented[service].cases
	switch {
	case slices.Contains(cases, "result 8"):
		return strings.HasPrefix(reply, "status=DECLINED&result=8&reason=8&message=")
	case slices.Contains(cases, "reason 2"), strings.HasPrefix(service, "danske"), strings.HasPrefix(service, "solo"):
		return strings.Contains(reply, "reason=2&message=")
	case service == "delticket.cgi":
		return strings.HasPrefix(reply, "status=DECLINED&message=")
	case service == "generatevouchers.cgi", strings.HasPrefix(service, "splitpay_"):
		return strings.Contains(reply, "=DECLINED&reason=8&message=")
	}
	return reply == "" || reply == "0" || reply == "red" || !strings.Contains(reply, "=")
}

func requestedService(request string) string {
	line, _, _ := strings.Cut(request, "\n")
	words := strings.Fields(line)
	if len(words) < 2 {
		return ""
	}
	target, _, _ := strings.Cut(words[1], "?")
	return path.Base(target)
}

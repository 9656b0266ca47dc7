package report

import (
	"strings"
	"testing"
	"time"

	"flexform/statefile"
)

// R23: a lock is shown with all that it tells, whoever wrote it.
func TestLock(t *testing.T) {
	h := statefile.Holder{User: "bo", Host: "lap\x1b[2Jtop", PID: 812, Time: noon, Command: "apply", Token: "x"}
	for name, tt := range map[string]struct {
		lock *statefile.LockInfo
		text []string
		json string
	}{
		"none":                          {nil, []string{"No lock stands on ledger x.ledger"}, `"lock": null`},
		"alive":                         {&statefile.LockInfo{Path: "x.ledger.lock", Holder: h, State: statefile.HolderAlive, Age: 90 * time.Second}, []string{"  process   812\n", "2026-11-03 12:00:00 UTC, 1m30s ago", "Wait until it is done"}, `"process": "alive"`},
		"dead":                          {&statefile.LockInfo{Path: "x.ledger.lock", Holder: h, State: statefile.HolderDead}, []string{"  command   apply\n", "takes the lock over by itself"}, `"process": "dead"`},
		"in a database":                 {&statefile.LockInfo{Path: "shop in database pay", Session: 4711, Holder: h, State: statefile.HolderUnknown}, []string{"  session   4711 of the database server\n", "cannot be seen from this host"}, `"session": 4711`},
		"in a database, without a note": {&statefile.LockInfo{Path: "shop in database pay", Session: 4711, State: statefile.HolderUnknown}, []string{"no note of flexform is there"}, `"process": "unknown"`},
		"of another program": {&statefile.LockInfo{Path: "x.ledger.lock", State: statefile.HolderUnknown}, []string{"not told", "flexform lock break --reason 'WHY IT IS DEAD' 'my shop'"},
			`"process": "unknown",
    "user": "",
    "host": "",
    "pid": 0,
    "command": "",
    "since": null,
    "age_seconds": 0`},
	} {
		var text, document strings.Builder
		if err := LockText(&text, "x.ledger", tt.lock, Style{Folder: "my shop"}); err != nil {
			t.Fatal(err)
		}
		if err := LockJSON(&document, "x.ledger", tt.lock); err != nil {
			t.Fatal(err)
		}
		for _, want := range tt.text {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%s: no %q in\n%s", name, want, text.String())
			}
		}
		if !strings.Contains(document.String(), tt.json) {
			t.Errorf("%s: no %s in\n%s", name, tt.json, document.String())
		}
		for _, shown := range []string{text.String(), document.String()} {
			if r, bad := dangerous(shown); bad {
				t.Errorf("%s: %U is shown", name, r)
			}
		}
	}
}

func TestUnlockedInHistory(t *testing.T) {
	by := statefile.Actor{User: "anna", Host: "build7", PID: 7}
	for want, v := range map[string]statefile.Unlocked{
		"lock of bo@laptop (pid 812), apply, since 2026-11-02T08:12:40Z, was broken; reason: wiped; by anna@build7 (pid 7)": {
			Holder: statefile.Actor{User: "bo", Host: "laptop", PID: 812}, Command: "apply", Since: "2026-11-02T08:12:40Z", Reason: "wiped", Actor: by},
		"lock of a holder that it did not name, was broken; reason: wiped; by anna@build7 (pid 7)": {Reason: "wiped", Actor: by},
	} {
		if word, _, got := entryText(statefile.Entry{Unlocked: &v}); word != "unlocked" || got != want {
			t.Errorf("%s %s, want unlocked %s", word, got, want)
		}
	}
}

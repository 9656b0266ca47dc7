package report

import "testing"

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"shop":       "shop",
		"../a/b-c.d": "../a/b-c.d",
		"my shop":    "'my shop'",
		"it's":       `'it'\''s'`,
		"":           "''",
		"-rf":        "'-rf'",
		"$(reboot)":  "'$(reboot)'",
		"a\x1b[2Jb":  `'a\x1b[2Jb'`,
	} {
		if got := ShellWord(word); got != want {
			t.Errorf("ShellWord(%q) = %s, want %s", word, got, want)
		}
	}
}

func TestCommandNamesTheFolder(t *testing.T) {
	for folder, want := range map[string]string{
		"":        "flexform plan",
		".":       "flexform plan",
		"shop":    "flexform plan shop",
		"my shop": "flexform plan 'my shop'",
	} {
		if got := (Style{Folder: folder}).command("plan"); got != want {
			t.Errorf("command in %q = %s, want %s", folder, got, want)
		}
	}
}

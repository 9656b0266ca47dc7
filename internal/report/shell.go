package report

import "strings"

// ShellWord writes a path or another word so that it can be copied into a
// shell, quoted where it needs to be.
func ShellWord(word string) string {
	word = Visible(word)
	plain := !strings.ContainsFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+@:", r))
	})
	if plain && word != "" && word[0] != '-' {
		return word
	}
	return quotedWord(word)
}

func quotedWord(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// command writes a command of ours to copy: its folder stands at its end, as
// the command that is running was given it.
func (s Style) command(text string) string {
	if s.Folder == "" || s.Folder == "." {
		return "flexform " + text
	}
	return "flexform " + text + " " + ShellWord(s.Folder)
}

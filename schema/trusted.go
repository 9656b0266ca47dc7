package schema

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// guards are the blocks that guard money. With a settings file they stand there
// and nowhere else.
func guards() []string { return []string{"merchant", "ledger", "limits", "check", "approvals"} }

// settingsScope is what expressions in those blocks may refer to. A settings
// file refers to nothing: local values stand in the folder that it guards
// against.
func (l *loader) settingsScope() scope { return scope{values: l.o.Settings == ""} }

// trustSettings puts the blocks of the settings file, if one is given, into the
// place of those in the folder, which must have none.
func (l *loader) trustSettings(blocks map[string][]*hclsyntax.Block) {
	if l.o.Settings == "" {
		return
	}
	for _, kind := range guards() {
		for _, b := range blocks[kind] {
			l.add(b.DefRange(), "Setting outside the settings file", "The settings stand in %s, so that a change to the configuration cannot loosen its own guard. Delete this %s block here, or have it changed there.", l.o.SettingsName, kind)
		}
		blocks[kind] = nil
	}
	for kind, list := range l.gather(l.readSettings()) {
		if slices.Contains(guards(), kind) {
			blocks[kind] = list
			continue
		}
		for _, b := range list {
			l.notASetting(b)
		}
	}
}

// readSettings reads and parses the settings file.
func (l *loader) readSettings() []document {
	dir, refused := openFolder(filepath.Dir(l.o.Settings))
	var src source
	if refused == nil {
		defer dir.root.Close()
		src, refused = dir.read(filepath.Base(l.o.Settings))
	}
	if refused != nil {
		l.incomplete = true
		l.addNowhere(refused.summary, "The settings file %s cannot be used. %s", l.o.SettingsName, refused.detail)
		return nil
	}
	src.name = l.o.SettingsName
	if _, taken := l.folder.files[src.name]; taken {
		src.name = fmt.Sprintf("%s (settings)", src.name)
	}
	l.settings = &src
	docs := l.parseFiles([]source{src})
	for _, d := range docs {
		for i := range d.transactions {
			l.add(toHCL(d.transactions[i].header), "Not a setting", "Transactions do not belong into a settings file, only %s blocks. Move it into the folder of the configuration.", allOf(guards()))
		}
	}
	return docs
}

func (l *loader) notASetting(b *hclsyntax.Block) {
	l.add(b.DefRange(), "Not a setting", "A %s block does not belong into a settings file, only %s blocks. Move it into the folder of the configuration.", b.Type, allOf(guards()))
}

package planted

// inDurable: files that must survive.
var inDurable = map[string]plant{
	"the ledger is written and not synced": {
		file:  "internal/durable/log.go",
		old:   "if err := Write(l.file, b); err != nil {",
		new:   "if _, err := l.file.Write(b); err != nil {",
		why:   "A power cut takes back the intent of a call that was sent, and the next plan makes it again.",
		judge: histories(999),
	},
	"a new file gets its name before it is synced": {
		file:  "internal/durable/replace.go",
		old:   "	err = Write(f, b)",
		new:   "	_, err = f.Write(b)",
		why:   "After a power cut the name stands for an empty file, a ledger that forgot all.",
		judge: in("internal/durable", "TestWriteFileFaults"),
	},
	"the folder is not synced": {
		file:  "internal/durable/log.go",
		old:   "return l.fsys.SyncDir(filepath.Dir(l.name))",
		new:   "_ = filepath.Dir(l.name)\n	return nil",
		why:   "A power cut takes the ledger's name away, with every intent that was synced into it.",
		judge: in("statefile", "TestNextProcessTrustsTheDiskOnly"),
	},
	"the folder of a file in its new place is not synced": {
		file:  "internal/durable/replace.go",
		old:   "	return fsys.SyncDir(filepath.Dir(name))",
		new:   "	_ = filepath.Dir(name)\n	return nil",
		why:   "The file is said to be there, and a power cut brings the old one back.",
		judge: in("internal/durable", "TestWriteFileFaults"),
	},
	"the end of the ledger is believed as memory has it": {
		file:  "internal/durable/log.go",
		old:   "	if size > start {",
		new:   "	if size > start && false {",
		why:   "What a failed sync left in memory only is taken for durable, and what follows outlives it: the ledger has a hole.",
		judge: in("internal/durable", "TestNextLogTrustsTheDiskOnly"),
	},
	"a failed sync is tried once more": {
		file:  "internal/durable/replace.go",
		old:   "	return f.Sync()",
		new:   "	if f.Sync() == nil {\n		return nil\n	}\n	return f.Sync()",
		why:   "Linux forgets what the failed sync was to write and calls the next one a success: the intent is not on the disk.",
		judge: in("internal/durable", "TestFailedSyncIsNotRetried", "TestLogFaults"),
	},
	"a log goes on after a failed sync": {
		file:  "internal/durable/log.go",
		old:   "			return l.fail(err)",
		new:   "			return err",
		why:   "Entries follow one that may not be on the disk, and the chain breaks there.",
		judge: in("internal/durable", "TestFailedSyncIsNotRetried"),
	},
	"somebody else's writing in the ledger goes unnoticed": {
		file:  "internal/durable/log.go",
		old:   "	case i.Size != l.size:",
		new:   "	case i.Size < l.size:",
		why:   "Two runners that both believe to have the lock write over each other, and one sends what the other has sent.",
		judge: in("internal/durable", "TestLogIsAlone"),
	},
	"a ledger that was removed is written on": {
		file:  "internal/durable/log.go",
		old:   `return fmt.Errorf("%s was removed or moved while it was in use: put that file back before anything else runs", l.name)`,
		new:   "return nil",
		why:   "Intents go to a file that nobody will ever read again, and the calls are made.",
		judge: in("internal/durable", "TestLogIsAlone"),
	},
}

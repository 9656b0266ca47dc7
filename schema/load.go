package schema

import (
	"cmp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/function"
)

// LoadOptions is what a configuration is given from outside.
type LoadOptions struct {
	// Variables are the values of variable blocks, by name.
	Variables map[string]string
	// Settings is the path of a file, outside the folder, that alone may say
	// who the merchants are and where the ledger is. With it such blocks in the
	// folder are mistakes: a pull request must not loosen its own guard (R80).
	Settings string
	// SettingsName is what messages call that file, and its folder the one of the
	// signers, where Settings is an unpacked copy; empty means Settings.
	SettingsName string
	// Version is that of the running program, for required_version. A version
	// that is not one, such as the empty one, is not checked.
	Version string
}

// Load reads the *.hcl files of a folder, not of those within it, and what they
// read: CSV tables and texts below the same folder.
//
// It reports all mistakes of one run together, ordered by file and place. With
// any, the Config holds nothing but Dir and Sources, for snippets; in these,
// card numbers and what stands where a secret would are blanked.
func Load(dir string, o LoadOptions) (*Config, hcl.Diagnostics) {
	return newLoader(o).run(dir)
}

// A loader turns the files of one folder into a [Config].
type loader struct {
	mistakes
	o         LoadOptions
	folder    *folder
	settings  *source // the settings file, when there is one
	signers   *source // who may approve, when the settings say so
	functions map[string]function.Function
	meter     *meter

	// incomplete says that a file could not be read or parsed whole, so that a
	// name that nobody seems to define is no mistake of its own.
	incomplete bool

	variables    map[string]*variable
	locals       map[string]*local
	merchants    map[string]Merchant
	tables       map[string]*table
	keyed        map[tableID]*keyedTable
	used         []*keyedTable           // handed out by csv, see tablesRead
	numbered     map[*table]map[int]bool // columns that hold a transact
	commandLines map[string]source       // values from the command line
	transactions []Transaction
	ticketPlaces []Range // where the number of a ticket is written
	leftOut      bool    // there are fewer than the files declare
}

func newLoader(o LoadOptions) *loader {
	o.SettingsName = cmp.Or(o.SettingsName, o.Settings)
	l := &loader{
		o:            o,
		meter:        &meter{left: budget},
		variables:    map[string]*variable{},
		locals:       map[string]*local{},
		merchants:    map[string]Merchant{},
		tables:       map[string]*table{},
		keyed:        map[tableID]*keyedTable{},
		numbered:     map[*table]map[int]bool{},
		commandLines: map[string]source{},
	}
	l.functions = l.allowed()
	return l
}

func (l *loader) run(dir string) (*Config, hcl.Diagnostics) {
	folder, refused := openFolder(dir)
	if refused != nil {
		l.addNowhere(refused.summary, "%s", refused.detail)
		return &Config{Dir: dir, Sources: map[string][]byte{}}, l.sorted()
	}
	defer folder.root.Close()
	l.folder = folder
	c := l.load()
	c.Dir = dir
	if l.leftOut && !l.any() {
		panic("schema: a transaction is left out, and no mistake says why")
	}
	if l.any() {
		return &Config{Dir: dir, Sources: l.maskedSources()}, l.sorted()
	}
	c.Sources = l.sources()
	c.Digest = l.digest()
	signers := ""
	if l.signers != nil {
		signers = l.signers.text
	}
	c.SettingsDigest = settingsDigest(c, signers)
	return c, nil
}

func (l *loader) load() *Config {
	files := l.readConfigs()
	docs := l.parseFiles(files)
	blocks := l.gather(docs)
	l.trustSettings(blocks)
	c := &Config{RequiredVersion: l.readRequirement(blocks["flexform"])}
	l.readVariables(blocks["variable"])
	l.readLocals(blocks["locals"])
	c.Ledger = l.readLedger(blocks["ledger"])
	c.Merchants = l.readMerchants(blocks["merchant"])
	c.Limits = l.readLimits(blocks["limits"])
	c.Checks = l.readChecks(blocks["check"])
	c.Approvals = l.readApprovals(blocks["approvals"])
	c.Sandbox = l.readSandbox(blocks["sandbox"])
	c.Transactions = l.readTransactions(docs)
	c.Tickets = l.readTickets(blocks["ticket"])
	if len(l.merchants) == 0 && len(blocks["merchant"]) == 0 && !l.incomplete && len(files) > 0 {
		l.noMerchant(files, docs)
	}
	l.once(c.Transactions)
	l.onceCharged(c)
	l.findCards(docs)
	return c
}

// gather collects the mistakes of the documents, and their blocks by type.
func (l *loader) gather(docs []document) map[string][]*hclsyntax.Block {
	blocks := map[string][]*hclsyntax.Block{}
	for _, d := range docs {
		l.take(d.mistakes)
		l.incomplete = l.incomplete || d.broken
		for _, b := range d.blocks {
			blocks[b.Type] = append(blocks[b.Type], b)
		}
	}
	return blocks
}

// readConfigs reads the *.hcl files.
func (l *loader) readConfigs() []source {
	names, refused := l.folder.configs()
	if refused != nil {
		l.addNowhere(refused.summary, "%s", refused.detail)
		return nil
	}
	if len(names) == 0 {
		l.addNowhere("No configuration", "There is no file that ends in .hcl in the folder %q. Go to the folder that holds the configuration, or name that on the command line. To begin a new configuration, run:\n\n    flexform init", l.folder.root.Name())
	}
	var files []source
	for _, name := range names {
		src, refused := l.folder.read(name)
		if refused != nil {
			l.add(source{name: name}.top(), refused.summary, "%s", refused.detail)
			l.incomplete = true
			continue
		}
		files = append(files, src)
	}
	return files
}

// parseFiles checks the form of the files and parses those that have one.
func (l *loader) parseFiles(files []source) []document {
	var sound []source
	var items [][]item
	for _, f := range files {
		blocks, fault := scan(f)
		if fault != nil {
			l.append(fault)
			l.incomplete = true
			continue
		}
		sound, items = append(sound, f), append(items, blocks)
	}
	return parse(sound, items)
}

// noMerchant says that nothing tells whose transactions these are.
func (l *loader) noMerchant(files []source, docs []document) {
	place := files[0].top()
	for _, d := range docs {
		if len(d.transactions) > 0 {
			place = toHCL(d.transactions[0].header)
			break
		}
	}
	l.add(place, "No merchant", "Nothing says whose payments these are. Add a block such as:\n\n    merchant \"shop\" {\n      id = \"12345678\"\n    }")
}

package schema

import (
	"time"

	"flexform/money"
)

// A Config is one folder's configuration, checked as far as can be without the
// gateway.
type Config struct {
	Dir             string // the folder, as given
	RequiredVersion string // constraint of the flexform block; empty when there is none
	Ledger          Ledger
	Merchants       []Merchant       // in file order; never empty
	Limits          []MerchantLimits // in file order, each merchant at most once
	Checks          []Check          // in file order
	Approvals       Approvals
	Sandbox         Sandbox
	Transactions    []Transaction // in file order, for_each instances in row order
	Tickets         []Ticket      // likewise

	// Digest is "sha256:…" over the name and bytes of every file that the
	// configuration was made from, the CSV data included, taken from the very
	// bytes that were decoded, and over the values given for variables.
	Digest string
	// SettingsDigest is "sha256:…" over the evaluated settings: merchants with
	// mode, pace, settle window and bulk server, limits, checks, approvals, ledger. How they are
	// written does not matter to it, but for the bytes of the allowed signers
	// and of what checks say.
	SettingsDigest string
	// Sources holds those bytes by file name, for snippets in messages. Next to
	// mistakes, card numbers and what stands in a secret's place are blanked in
	// them, with the same length. A value that was given on the command line
	// has the name "--var NAME".
	Sources map[string][]byte
}

// Merchant returns the merchant with that DIBS id.
func (c *Config) Merchant(id string) (Merchant, bool) {
	for _, m := range c.Merchants {
		if m.ID == id {
			return m, true
		}
	}
	return Merchant{}, false
}

// A Mode says what kind of money a plan moves. The zero value is invalid.
type Mode string

const (
	ModeSandbox Mode = "sandbox"
	ModeTest    Mode = "test"
	ModeLive    Mode = "live"
)

// A Merchant is one DIBS merchant and how to talk to its gateway.
type Merchant struct {
	Name    string // the block's label, "shop"
	ID      string // digits
	Gateway string // "sandbox" for the built-in one, or a base URL without trailing slash
	Account string // sub-account; usually empty
	Mode    Mode
	Pace    Pace
	Bulk    Bulk // where bulk files go
	// SettleWindow is how long after it was sent a call may still take effect at
	// the gateway: until then an unchanged status proves nothing about it. At
	// least [DefaultSettleWindow].
	SettleWindow time.Duration
	Source       Range
}

// A Pace bounds how fast a merchant's gateway is called.
type Pace struct {
	Concurrency int           // calls under way at once, at least 1
	Interval    time.Duration // from one call's start to the next; 0 means no wait
}

// A Sandbox says what the built-in gateway starts with.
type Sandbox struct {
	Seed   string // CSV file, relative to the folder; empty for none
	Source Range
}

// A Transaction is what one block, or one for_each instance of it, says that a
// transaction should be.
type Transaction struct {
	Address   string // `transaction.order_1001`, `transaction.recall["11111111"]`
	Merchant  string // the merchant's DIBS id
	Transact  string // empty: to be found by order id, amount and currency
	OrderID   string
	Amount    money.Amount // authorised
	Captured  Total
	Refunded  Total
	Cancelled bool
	// Reauthorise is the author's statement that the authorisation is too old,
	// or was deleted: it is to be approved again before it is captured.
	Reauthorise bool
	Reason      string

	Source Range // the block
	Places Places
}

// A Total is a desired cumulative sum. The zero value is not declared, and
// then nothing manages that sum.
type Total struct {
	Declared bool
	Full     bool         // all there is: the authorised amount for captured, what was captured for refunded
	Amount   money.Amount // when not Full
}

// Places says where in the files a transaction's values stand: the place to
// point at when a value is wrong. For a value taken from CSV data it is the
// cell. A zero Range means that the value was not written.
type Places struct {
	Transact, OrderID, Amount, Captured, Refunded, Cancelled, Reauthorise Range
}

// A Range is a place in one of the [Config.Sources]. Lines and columns count
// from 1, bytes from 0; End is exclusive. The zero Range is no place.
type Range struct {
	File       string
	Start, End Pos
}

// A Pos is a point in a file. Columns count characters, as HCL does.
type Pos struct {
	Line, Column, Byte int
}

// Valid reports whether r is a place.
func (r Range) Valid() bool { return r.File != "" }

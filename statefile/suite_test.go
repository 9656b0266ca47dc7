package statefile_test

import (
	"context"
	"iter"
	"path/filepath"
	"testing"

	"flexform/statefile"
	"flexform/statefile/ledgertest"
)

// A file keeps what every place of a ledger promises; see
// statefile/postgres for the other one.
func TestSuite(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) ledgertest.Place {
		path := filepath.Join(t.TempDir(), "flexform.ledger")
		return ledgertest.Place{
			Open: func(_ context.Context, o statefile.Options) (ledgertest.Ledger, error) {
				f, err := statefile.Open(path, o)
				if err != nil {
					return nil, err
				}
				return f, nil
			},
			Read:    func(context.Context) (*statefile.State, error) { return statefile.Read(path) },
			Entries: func(context.Context) iter.Seq2[statefile.Entry, error] { return statefile.ReadEntries(path) },
		}
	})
}

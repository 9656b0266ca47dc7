package schema

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// digest hashes the name and bytes of every file that was read, and the values
// given for variables. Each piece goes in with its length before it, so that no
// two configurations run together into the same bytes (R65).
func (l *loader) digest() string {
	h := newHasher("flexform configuration 1")
	for _, name := range slices.Sorted(maps.Keys(l.folder.files)) {
		h.write("file", name, l.folder.files[name].text)
	}
	if l.settings != nil {
		h.write("settings", l.settings.text)
	}
	for _, name := range slices.Sorted(maps.Keys(l.o.Variables)) {
		h.write("variable", name, l.o.Variables[name])
	}
	return h.sum()
}

// settingsDigest hashes the evaluated settings: what they say, not how it is
// written or where.
func settingsDigest(c *Config) string {
	h := newHasher("flexform settings 1")
	h.write("ledger", "file", c.Ledger.Path)
	merchants := slices.SortedFunc(slices.Values(c.Merchants), func(a, b Merchant) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range merchants {
		h.write("merchant", m.Name, m.ID, m.Gateway, m.Account, string(m.Mode), strconv.Itoa(m.Pace.Concurrency), m.Pace.Interval.String())
		if m.SettleWindow != DefaultSettleWindow(m.Mode) { // as with bulk: only what is not the default
			h.write("settle_window", m.Name, m.SettleWindow.String())
		}
		if m.Bulk.Valid() { // without one the digest is what it was before there was any
			h.write(append([]string{"bulk", m.Name, m.Bulk.Address}, m.Bulk.HostKeys...)...)
		}
	}
	return h.sum()
}

type hasher struct{ hash.Hash }

func newHasher(purpose string) hasher {
	h := hasher{sha256.New()}
	h.write(purpose)
	return h
}

// write adds one record. A hash never fails to be written.
func (h hasher) write(pieces ...string) {
	h.length(len(pieces))
	for _, p := range pieces {
		h.length(len(p))
		h.Write([]byte(p))
	}
}

func (h hasher) length(n int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}

func (h hasher) sum() string { return "sha256:" + hex.EncodeToString(h.Sum(nil)) }

package statefile

import (
	"bytes"
	"errors"
	"fmt"
)

// Line returns the canonical line of an entry that was read, without its newline.
// An error means that the entry has members that this version does not know.
func Line(e Entry) ([]byte, error) {
	line, hash, err := appendLine(nil, &e)
	if err == nil && hash.String() != e.Hash {
		err = errors.New("it has members of a newer format")
	}
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	return line, nil
}

// VerifyRun verifies that lines, each without its newline, are entries of one
// ledger that follow each other, from whichever on. It changes nothing in them.
// What came before them is not known, so the rules of a ledger are not held, and
// neither is the chain in front of the first.
func VerifyRun(lines [][]byte) ([]Entry, error) {
	var c chain
	entries := make([]Entry, 0, len(lines))
	for i, line := range lines {
		if len(line) > maxLine {
			return nil, fmt.Errorf("line %d is longer than an entry can be", i+1)
		}
		own := bytes.Clone(line)
		if i == 0 {
			var first Entry
			if err := decodeSlow(own, &first); err != nil {
				return nil, fmt.Errorf("line 1: %w", err)
			}
			if first.Seq == 0 {
				return nil, errors.New("line 1: it has the number 0")
			}
			c.seq, c.text = first.Seq-1, first.Prev
		}
		e, hash, err := c.next(own)
		if err != nil {
			return nil, fmt.Errorf("line %d, entry %d: %w", i+1, c.seq+1, err)
		}
		c.step(e, hash)
		entries = append(entries, *e)
	}
	return entries, nil
}

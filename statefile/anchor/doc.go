// Package anchor keeps the head of a ledger in a second place: a git tag, which
// whoever replaces the ledger by an older copy does not replace with it.
//
// A [Tag] is an annotated tag of git, made and read byte by byte, with a
// [Statement] for its message and perhaps a signature, which plain git verifies
// as well. [Check] holds a ledger against all anchors that are about it. The
// package runs no git and knows no repository: who calls it hands over objects.
package anchor

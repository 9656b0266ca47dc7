// Package proof shows of one action that it was what people approved, and when
// that was written down.
//
// A [Bundle] is one file with everything: the lines of the ledger, the plan, the
// approvals, the anchor and the commit. [Check] looks at each statement in it and
// says which are proven, by what, and which are only said. It needs nothing but
// the file and the public keys that the reader trusts.
package proof

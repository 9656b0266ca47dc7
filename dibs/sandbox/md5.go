package sandbox

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"
)

// md5Key computes MD5(k2 + MD5(k1 + text)), both digests in lower-case hex.
func md5Key(k1, k2, text string) string {
	inner := md5.Sum([]byte(k1 + text))
	outer := md5.Sum([]byte(k2 + hex.EncodeToString(inner[:])))
	return hex.EncodeToString(outer[:])
}

// signedText joins the named parameters as they were sent, in this order.
func signedText(q query, names []string) string {
	fields := make([]string, len(names))
	for i, name := range names {
		fields[i] = name + "=" + q.params[name]
	}
	return strings.Join(fields, "&")
}

// A Merchant is a shop that the gateway knows.
type Merchant struct {
	ID         string
	Key1, Key2 string // MD5 keys; both or none
	RequireMD5 bool   // refuse calls without md5key
	RequireCVC bool   // decline cards without cvc (reason 9)
	NullAuth   bool   // Dankort authorisations reserve nothing before suppl_auth.cgi or the capture
}

// hasWholeKeys reports whether m has both keys, or none and needs none.
func (m Merchant) hasWholeKeys() bool {
	return (m.Key1 == "") == (m.Key2 == "") && (m.Key1 != "" || !m.RequireMD5)
}

// accepts reports whether q passes the MD5 control over the named parameters,
// in one of the forms. A key that is sent is always compared, once keys are
// configured.
func (m Merchant) accepts(q query, forms ...[]string) bool {
	sent := q.params["md5key"]
	if m.Key1 == "" || sent == "" {
		return !m.RequireMD5
	}
	return slices.ContainsFunc(forms, func(names []string) bool {
		return sent == md5Key(m.Key1, m.Key2, signedText(q, names))
	})
}

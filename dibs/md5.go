package dibs

import (
	"crypto/md5"
	"encoding/hex"
)

// sign returns the md5key of a parameter string: MD5(key2 + MD5(key1 + text)),
// both digests as lower-case hex, everything raw and joined without separators
// (flexwin.md 3). MD5 is what the protocol has; nothing else here relies on it.
func sign(key1, key2 Secret, text string) string {
	inner := md5.Sum([]byte(key1.reveal() + text))
	outer := make([]byte, 0, 128)
	outer = append(outer, key2.reveal()...)
	outer = hex.AppendEncode(outer, inner[:])
	sum := md5.Sum(outer)
	return hex.EncodeToString(sum[:])
}

// signedText returns what the md5key of a handling call covers, in the
// protocol's fixed order: refund.cgi, capture.cgi and suppl_auth.cgi cover the amount but not
// the currency, cancel.cgi has no amount (flexwin.md 3). It names one request
// only as long as no value holds & or =, which [handling.check] sees to
// (hazards R50).
func (h handling) signedText(merchant string) string {
	text := "merchant=" + merchant + "&orderid=" + h.orderID + "&transact=" + string(h.transact)
	if h.service != cancelCGI {
		text += "&amount=" + h.minor()
	}
	return text
}

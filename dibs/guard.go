package dibs

import "bytes"

// guard names the field that a service's form ends with. A network may cut a
// request, and a server may take what came of it for the whole: a cancel whose
// transaction lost its last digit would cancel another one, and a charge that
// lost its flags would be sent without uniqueoid. So what the service cannot do
// without, and cannot read in part, stands last (hazards R40): the merchant's
// number, for a part of it is somebody else's, who does not own the transaction;
// where there is no transaction yet, the currency, for a part of it is none. The
// gateway gives no meaning to the order of fields.
func guard(s service) string {
	switch s {
	case authCGI, ticketAuthCGI:
		return "currency"
	}
	return "merchant"
}

// endingWith returns a form with the field of that name moved to its end. A form
// without it stays as it is.
func endingWith(body []byte, name string) []byte {
	fields := bytes.Split(body, []byte("&"))
	for i, field := range fields {
		if bytes.HasPrefix(field, []byte(name+"=")) {
			return bytes.Join(append(append(fields[:i:i], fields[i+1:]...), field), []byte("&"))
		}
	}
	return body
}

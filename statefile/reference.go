package statefile

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// decodeSlow is the reference: encoding/json, and the same bytes when encoded
// again. Its error says what is wrong.
func decodeSlow(line []byte, e *Entry) error {
	j := json.NewDecoder(bytes.NewReader(line))
	j.DisallowUnknownFields()
	if err := j.Decode(e); err != nil {
		return errorf("it is not an entry: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	switch {
	case e.payload(false) == nil || e.payloads() != 1:
		return errorf("an entry of kind %s must have the payload of that kind, alone", printable(string(e.Kind)))
	case e.Time.Location() != time.UTC:
		return errorf("its time is not in UTC")
	}
	again, err := encodeSlow(e)
	if err != nil {
		return errorf("it is not an entry: %v", err)
	}
	if !bytes.Equal(again, line) {
		return errorf("it is not written the way flexform writes it, from byte %d on", firstDifference(again, line)+1)
	}
	return nil
}

// encodeSlow is the reference for lines, with e.Hash as it is.
func encodeSlow(e *Entry) ([]byte, error) {
	var buf bytes.Buffer
	j := json.NewEncoder(&buf)
	j.SetEscapeHTML(false)
	if err := j.Encode(e); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

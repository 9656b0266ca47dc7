package statefile

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// knownMembers returns a line of a newer minor version without the members
// that this version does not know. What is left must be canonical by itself:
// a newer minor version may add members, wherever it likes, and nothing else.
// The line in the file is never touched.
func knownMembers(line []byte) ([]byte, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, line); err != nil {
		return nil, errorf("it is not an entry: %v", err)
	}
	if !bytes.Equal(compact.Bytes(), line) {
		return nil, errorf("it has spaces between its members")
	}
	known, err := keep(line, reflect.TypeFor[Entry]())
	if err != nil {
		return nil, errorf("it is not an entry: %v", err)
	}
	return known, nil
}

// keep copies a JSON object without the members that t has no field for.
func keep(object []byte, t reflect.Type) ([]byte, error) {
	j := json.NewDecoder(bytes.NewReader(object))
	if _, err := j.Token(); err != nil {
		return nil, err
	}
	out := []byte{'{'}
	for j.More() {
		name, err := j.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := j.Decode(&value); err != nil {
			return nil, err
		}
		key, ok := name.(string)
		field := memberType(t, key)
		if !ok || field == nil {
			continue
		}
		if field.Kind() == reflect.Struct && bytes.HasPrefix(value, []byte("{")) {
			if value, err = keep(value, field); err != nil {
				return nil, err
			}
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(appendText(out, key), ':')
		out = append(out, value...)
	}
	return append(out, '}'), nil
}

// memberType returns the type of t's member with that name, nil when there is
// none. A time is a member like a number, not an object.
func memberType(t reflect.Type, name string) reflect.Type {
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag != name {
			continue
		}
		if f.Type.Kind() == reflect.Pointer {
			return f.Type.Elem()
		}
		return f.Type
	}
	return nil
}

package plan

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// R83: who made a plan is inside the seal, and there is one way to say nobody.
func TestMakers(t *testing.T) {
	p := sample(t)
	without := encode(t, p)
	p.Envelope.Makers = []string{"anna", "anna@example.com"}
	with, err := Seal(Draft{Body: p.Body, Counts: p.Envelope.Counts, Positions: p.Envelope.Positions}, p.Envelope)
	if err != nil {
		t.Fatal(err)
	}
	file := encode(t, with)
	got, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(with, got); diff != "" || got.Digest != p.Digest {
		t.Errorf("Decode(Encode) (-want +got):\n%s", diff)
	}
	const line = "    \"makers\": [\n      \"anna\",\n      \"anna@example.com\"\n    ],\n"
	if !bytes.Contains(file, []byte(line)) {
		t.Fatalf("the file has no line %s", line)
	}
	if _, err := Decode(bytes.Replace(file, []byte(line), nil, 1)); !isTampered(err) {
		t.Errorf("makers can be taken out: %v", err)
	}
	// Sealed anew, an empty list is still not what Encode writes.
	unsealed, _, _ := cutSeal(without)
	at := bytes.Index(unsealed, []byte(`    "ledger": {"head"`))
	crafted := bytes.Clone(unsealed[:at])
	crafted = append(crafted, "    \"makers\": [\n    ],\n"...)
	crafted = append(crafted, unsealed[at:]...)
	if _, err := Decode(append(crafted, sealLines(sealOf(crafted))...)); err == nil {
		t.Error("an empty list of makers is read")
	}
}

func isTampered(err error) bool {
	_, ok := errors.AsType[*TamperedError](err)
	return ok
}

package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs"
	"flexform/schema"
)

func factRows(t *testing.T) Status {
	full := schema.Total{Declared: true, Full: true}
	rows := []StatusRow{
		{Declared: declared(t, 1, full, schema.Total{}), Transact: "11111111", Standing: StandingInPlace, Facts: &Facts{PayType: "V-DK", Callback: &dibs.Callback{
			PayType: "DK", Acquirer: "NETS\x1b[2J", AcquirerMerchant: "111111", ThreeDStatus: "Y", ApprovalCode: "123456", Suspect: true, Severity: 7, Fee: dkk(t, "1.50"),
			Card: dibs.CardFacts{Prefix: "457110", Masked: "XXXXXXXXXXXX0000", Expiry: "2406", Country: "DK"},
		}}},
		{Declared: declared(t, 2, full, schema.Total{}), Standing: "notfound", Facts: &Facts{Notes: []string{"acquirer and card: that is told only to an API user"}}},
		{Declared: declared(t, 3, full, schema.Total{}), Standing: StandingInPlace},
	}
	return Status{Mode: schema.ModeTest, Rows: rows}
}

func TestStatusWithFacts(t *testing.T) {
	var b strings.Builder
	if err := StatusText(&b, factRows(t), Style{}); err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(b.String(), "transaction.order_1003\n")
	want := `
  transaction.order_1001  11111111, order 11223344
      paytype        V-DK
      acquirer       NETS\x1b[2J, merchant number 111111
      card           457110...0000, expires (YYMM) 2406, country DK
      3-D Secure     Y
      approval       123456
      suspect        a rule against fraud was met, severity 7
      fee            1.50 DKK

  transaction.order_1002  -, order 11223345
      not told       acquirer and card: that is told only to an API user

`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("StatusText (-want +got):\n%s", diff)
	}
}

func TestStatusJSONWithFacts(t *testing.T) {
	var b strings.Builder
	if err := StatusJSON(&b, factRows(t)); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Transactions []struct{ Facts map[string]any }
	}
	if err := json.Unmarshal([]byte(b.String()), &doc); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{
			"paytype": "V-DK", "acquirer": "NETS\x1b[2J", "acquirer_merchant": "111111", "card_prefix": "457110", "card_mask": "XXXXXXXXXXXX0000",
			"card_expiry_yymm": "2406", "card_country": "DK", "three_d_status": "Y", "approval_code": "123456", "suspect": true, "severity": 7.0,
		},
		{"notes": []any{"acquirer and card: that is told only to an API user"}},
		nil,
	}
	for i, w := range want {
		if diff := cmp.Diff(w, doc.Transactions[i].Facts); diff != "" {
			t.Errorf("facts %d (-want +got):\n%s", i, diff)
		}
	}
}

// R74: whatever a gateway says, no more of a card's number is shown than its
// first six and last four digits. A mask of more than that is shown as it came,
// which the client has cleaned.
func TestCardText(t *testing.T) {
	for want, c := range map[string]dibs.CardFacts{
		"":                 {},
		"457110":           {Prefix: "457110"},
		"XXXXXXXXXXXX0000": {Masked: "XXXXXXXXXXXX0000"},
		"457110...0000":    {Prefix: "457110", Masked: "************0000"},
		"457110XXXXXX0000": {Prefix: "457110", Masked: "457110XXXXXX0000"},
	} {
		if got := cardText(c); got != want {
			t.Errorf("cardText(%+v) = %q, want %q", c, got, want)
		}
	}
}

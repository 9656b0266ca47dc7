package dibs_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/money"
)

// card is one of the test module's (flexwin.md 10).
func card(t *testing.T, number string) dibs.Card {
	t.Helper()
	c, err := dibs.NewCard(number, time.June, 2024, "684")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// declines fails the test unless err is a decline for that reason.
func declines(t *testing.T, err error, want dibs.Reason) {
	t.Helper()
	declined, is := errors.AsType[*dibs.AuthDeclinedError](err)
	if !is || declined.Reason != want {
		t.Errorf("got %v, want a decline: %s", err, want)
	}
}

func (s shop) wants(t *testing.T, id dibs.TransactID, want dibs.Status) {
	t.Helper()
	if status, err := s.signed.TransStatus(t.Context(), id); status != want || err != nil {
		t.Errorf("status of %s is %s, %v, want %s", id, status, err, want)
	}
}

func TestContractAuth(t *testing.T) {
	tests := map[string]struct {
		number string
		change func(*dibs.AuthRequest)
		want   dibs.Status
	}{
		"a payment":                 {"4711100000000000", func(*dibs.AuthRequest) {}, dibs.StatusAuthorised},
		"captured at once":          {"4711100000000000", func(r *dibs.AuthRequest) { r.CaptureNow = true }, dibs.StatusCaptured},
		"with a fee":                {"4711100000000000", func(r *dibs.AuthRequest) { r.CalcFee = true }, dibs.StatusAuthorised},
		"a ticket":                  {"4711100000000000", func(r *dibs.AuthRequest) { r.PreAuth = true }, dibs.StatusTicket},
		"a payment and a ticket":    {"4711100000000000", func(r *dibs.AuthRequest) { r.MakeTicket = true }, dibs.StatusAuthorised},
		"Visa-Dankort of that type": {"4571100000000000", func(r *dibs.AuthRequest) { r.CardType = "V-DK" }, dibs.StatusAuthorised},
		"a suspect payment":         {"4711400000000007", func(*dibs.AuthRequest) {}, dibs.StatusAuthorised},
		"with everything on the way": {"4711100000000000", func(r *dibs.AuthRequest) {
			r.FullReply, r.Test, r.UniqueOID, r.PostType, r.IP = true, true, true, dibs.PostMail, netip.MustParseAddr("192.0.2.7")
			r.Information = dibs.OrderInformation{
				Text: "To lamper", Delivery: []dibs.Information{{"Navn", "Søren & Co"}}, Lines: [][]string{{"Vare"}, {"Lampe"}},
			}
		}, dibs.StatusAuthorised},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, nil)
			r := dibs.AuthRequest{Order: dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK")}, Card: card(t, tt.number)}
			tt.change(&r)
			got, err := s.signed.Auth(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Transacts) != 1 || !got.Verified || got.ApprovalCode != "123456" || got.CardType == "" {
				t.Fatalf("got %+v", got)
			}
			s.wants(t, got.Transacts[0], tt.want)
			if r.CalcFee != got.Fee.Valid() || r.CalcFee && got.Fee != amount("1.50 DKK") {
				t.Errorf("fee %s", got.Fee)
			}
			if r.MakeTicket != (got.Ticket != "") {
				t.Errorf("ticket %q", got.Ticket)
			} else if r.MakeTicket {
				s.wants(t, got.Ticket, dibs.StatusTicket)
			}
			if suspect := name == "a suspect payment"; got.Suspect != suspect || suspect && got.Severity != 7 {
				t.Errorf("suspect %v, severity %d", got.Suspect, got.Severity)
			}
			if r.FullReply && (got.Card != dibs.CardFacts{
				Prefix: "471110", Masked: "XXXXXXXXXXXX0000", Expiry: "2406", Country: "DK", DebitOrCredit: "unknown", SurchargeRegion: "unknown", PrivateOrBusiness: "unknown",
			} || got.Total != amount("20.00 DKK") || got.Acquirer != "TEST" || got.AcquirerMerchant == "") {
				t.Errorf("got %+v", got)
			}
			if r.Information.Text != "" {
				judged, _ := s.gateway.Gateway.Transaction(string(got.Transacts[0]))
				if form := judged.Details.Form; form.Get("delivery1.navn") != "Søren & Co" || form.Get("ordline1-1") != "Lampe" || form.Get("ordertext") != "To lamper" {
					t.Errorf("order information arrived as %v", form)
				}
			}
		})
	}
}

func TestContractSplitAuth(t *testing.T) {
	s := openShop(t, nil)
	got, err := s.signed.Auth(t.Context(), dibs.AuthRequest{
		Order: dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK"), Split: []money.Amount{amount("5.00 DKK"), amount("15.00 DKK")}},
		Card:  card(t, "4711100000000000"),
	})
	if err != nil || len(got.Transacts) != 2 {
		t.Fatalf("got %+v, %v", got, err)
	}
	receipt, err := s.signed.Capture(t.Context(), dibs.CaptureRequest{Transact: got.Transacts[1], OrderID: "11223344", Amount: amount("15.00 DKK")})
	s.check(t, got.Transacts[1], receipt, err, verdict{status: dibs.StatusCaptured})
	s.wants(t, got.Transacts[0], dibs.StatusAuthorised)
}

// Every card of the test table that fails at auth.cgi (flexwin.md 10).
func TestContractAuthReasons(t *testing.T) {
	s := openShop(t, func(o *sandbox.Options) { o.Merchants[1].RequireCVC = true })
	auth := func(c *dibs.Client, number string, change func(*dibs.AuthRequest)) error {
		r := dibs.AuthRequest{Order: dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK")}, Card: card(t, number)}
		change(&r)
		_, err := c.Auth(t.Context(), r)
		return err
	}
	as := func(*dibs.AuthRequest) {}
	for suffix, want := range map[string]dibs.Reason{
		"02": dibs.ReasonParameterError, "04": dibs.ReasonCardExpired, "05": dibs.ReasonCardNotSupported, "07": dibs.ReasonOrderNotUnique,
		"08": dibs.ReasonSplitMismatch, "09": dibs.ReasonNoCVC, "10": dibs.ReasonOtherCardType, "11": dibs.ReasonDefender, "20": dibs.ReasonCustomer,
	} {
		declines(t, auth(s.signed, "47111000000000"+suffix, as), want)
	}
	for _, suffix := range []string{"01", "03", "06"} { // nobody knows, or something stands
		if _, is := errors.AsType[*dibs.UncertainError](auth(s.signed, "47111000000000"+suffix, as)); !is {
			t.Errorf("a card that ends in %s is not uncertain", suffix)
		}
	}
	declines(t, auth(s.signed, "4711109999999999", as), dibs.ReasonRejected) // not listed
	declines(t, auth(s.signed, "4711100000000000", func(r *dibs.AuthRequest) { r.CardType = "MC" }), dibs.ReasonOtherCardType)
	declines(t, auth(client(t, s.gateway.URL), "4711100000000000", as), dibs.ReasonParameterError) // unsigned
	declines(t, auth(client(t, s.gateway.URL, func(cfg *dibs.Config) { cfg.Merchant = "1" }), "4711100000000000", as), dibs.ReasonParameterError)
	declines(t, auth(s.plain, "4711100000000000", func(r *dibs.AuthRequest) {
		bare, err := dibs.NewCard("4711100000000000", time.June, 2024, "")
		if err != nil {
			t.Fatal(err)
		}
		r.Card = bare
	}), dibs.ReasonNoCVC)
	once := func(r *dibs.AuthRequest) { r.OrderID, r.UniqueOID = "once", true }
	if err := auth(s.signed, "4711100000000000", once); err != nil {
		t.Error(err)
	}
	declines(t, auth(s.signed, "4711100000000000", once), dibs.ReasonOrderNotUnique)
}

func TestContractTickets(t *testing.T) {
	s := openShop(t, nil)
	made, err := s.signed.Auth(t.Context(), dibs.AuthRequest{
		Order: dibs.Order{OrderID: "card-7", Amount: amount("1.00 DKK"), PreAuth: true}, Card: card(t, "4571100000000000"),
	})
	if err != nil {
		t.Fatal(err)
	}
	ticket := made.Transacts[0]
	pay := func(c *dibs.Client, change func(*dibs.TicketAuthRequest)) (dibs.Authorisation, error) {
		r := dibs.TicketAuthRequest{Ticket: ticket, OrderID: "11223345", Amount: amount("20.00 DKK")}
		change(&r)
		return c.TicketAuth(t.Context(), r)
	}
	as := func(*dibs.TicketAuthRequest) {}
	paid, err := pay(s.signed, as)
	if err != nil || !paid.Verified || paid.CardType != "V-DK" {
		t.Fatalf("got %+v, %v", paid, err)
	}
	s.wants(t, paid.Transacts[0], dibs.StatusAuthorised)
	all, err := pay(s.signed, func(r *dibs.TicketAuthRequest) { r.CaptureNow, r.CalcFee, r.FullReply, r.Test = true, true, true, true })
	if err != nil || !all.Verified || all.Ticket != ticket || all.Fee != amount("1.50 DKK") || all.Card.Masked == "" {
		t.Fatalf("got %+v, %v", all, err)
	}
	s.wants(t, all.Transacts[0], dibs.StatusCaptured)
	_, err = pay(s.signed, func(r *dibs.TicketAuthRequest) { r.UniqueOID = true })
	declines(t, err, dibs.ReasonOrderNotUnique)
	_, err = pay(client(t, s.gateway.URL), as)
	declines(t, err, dibs.ReasonParameterError)
	_, err = pay(s.signed, func(r *dibs.TicketAuthRequest) { r.Ticket = "123456" })
	declines(t, err, dibs.ReasonParameterError)

	if _, err := s.wrong.DelTicket(t.Context(), ticket); err == nil || errors.As(err, new(*dibs.DeclinedError)) {
		t.Errorf("a wrong password deletes: %v", err)
	}
	if _, err := s.signed.DelTicket(t.Context(), ticket); err != nil {
		t.Fatal(err)
	}
	s.wants(t, ticket, dibs.StatusTicketDeleted)
	_, err = s.signed.DelTicket(t.Context(), ticket)
	if declined, is := errors.AsType[*dibs.DeclinedError](err); !is || declined.Result != dibs.ResultUnstated || declined.Message != "Unknown ticket" || !strings.HasSuffix(err.Error(), "declined: no code given: Unknown ticket") {
		t.Errorf("deleting it again: %v", err)
	}
	_, err = pay(s.signed, as)
	declines(t, err, dibs.ReasonParameterError)
}

func TestContractReauth(t *testing.T) {
	s := openShop(t, nil, seed("11111111", 6), seed("11111112", 5), seed("11111113", 6, func(s *sandbox.Transaction) { s.PayType = "DK" }))
	got, err := s.signed.Reauth(t.Context(), "11111111")
	if err != nil || len(got.Transacts) != 1 || got.Transacts[0] != "11111111" {
		t.Fatalf("got %+v, %v", got, err)
	}
	s.wants(t, "11111111", dibs.StatusAuthorised)
	for id, want := range map[dibs.TransactID]dibs.Reason{
		"11111112": dibs.ReasonParameterError, "11111113": dibs.ReasonCardNotSupported, "11111114": dibs.ReasonParameterError,
	} {
		_, err := s.signed.Reauth(t.Context(), id)
		declines(t, err, want)
	}
}

// The three steps of a null-authorised Dankort (flexwin.md 5.10).
func TestContractSupplAuth(t *testing.T) {
	s := openShop(t, nil)
	got, err := s.plain.Auth(t.Context(), dibs.AuthRequest{
		Order: dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK")}, Card: card(t, "5019100000000000"),
	})
	if err != nil {
		t.Fatal(err)
	}
	suppl := dibs.SupplAuthRequest{Transact: got.Transacts[0], OrderID: "11223344", Amount: amount("99.00 DKK")}
	_, err = s.plain.SupplAuth(t.Context(), suppl)
	if declined, is := errors.AsType[*dibs.DeclinedError](err); !is || declined.Result != dibs.ResultAmountTooHigh {
		t.Errorf("too much: %v", err)
	}
	suppl.Amount = amount("19.00 DKK")
	if _, err := s.plain.SupplAuth(t.Context(), suppl); err != nil {
		t.Error(err)
	}
	_, err = s.plain.SupplAuth(t.Context(), suppl)
	if declined, is := errors.AsType[*dibs.DeclinedError](err); !is || declined.Result != dibs.ResultStatusForbids {
		t.Errorf("a second time: %v", err)
	}
	if _, err := s.plain.Capture(t.Context(), dibs.CaptureRequest{Transact: got.Transacts[0], OrderID: "11223344", Amount: amount("19.00 DKK")}); err != nil {
		t.Error(err)
	}
}

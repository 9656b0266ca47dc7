package dibs

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDelTicketSendsWhatTheReferenceShows(t *testing.T) {
	gateway := play(t, say(ok("status=ACCEPTED")))
	got, err := on(t, gateway.url, withKeys, func(c *Config) { c.Account = "web" }).DelTicket(t.Context(), "270000543")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Receipt{Transact: "270000543", Reply: "status=ACCEPTED"}, got); diff != "" {
		t.Errorf("DelTicket mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("ticket=270000543&account=web&merchant=12345678", gateway.seen()[0].body); diff != "" {
		t.Errorf("body mismatch (-want +got):\n%s", diff)
	}
}

// R43: the replies that are a word, and what each decides.
func TestDelTicketReplies(t *testing.T) {
	tests := map[string]struct {
		want   string
		result Result
	}{
		"status=ACCEPTED":                                   {"accepted", ResultAccepted},
		"status=accepted\n":                                 {"accepted", ResultAccepted},
		"status=DECLINED&message=Unknown%20ticket":          {"declined", ResultUnstated},
		"status=DECLINED&reason=8&message=x":                {"declined", ResultParameterError},
		"status=DECLINED&reason=12&message=Unknown%20error": {"uncertain", 0},
		"status=DECLINED&reason=1":                          {"uncertain", 0},
		"status=DECLINED&reason=none":                       {"uncertain", 0},
		"status=DECLINED&reason=6&reason=8":                 {"uncertain", 0},
		"status=ACCEPTED&status=DECLINED":                   {"uncertain", 0},
		"status=ACCEPTED&result=DECLINED":                   {"uncertain", 0},
		"status=ACCEPTED&reason=6":                          {"uncertain", 0},
		"result=ACCEPTED":                                   {"uncertain", 0},
		"status=deleted":                                    {"uncertain", 0},
		"":                                                  {"uncertain", 0},
		"ACCEPTED":                                          {"uncertain", 0},
		"<html><h1>Unknown ticket</h1><!-- Login problems?-->": {"uncertain", 0},
	}
	gateway := play(t, nil)
	for body, tt := range tests {
		gateway.will(say(ok(body)))
		receipt, err := on(t, gateway.url).DelTicket(t.Context(), "270000543")
		declined, _ := errors.AsType[*DeclinedError](err)
		if outcome(err) != tt.want || declined != nil && declined.Result != tt.result || err == nil && receipt.Result != tt.result {
			t.Errorf("%q: %v, want %s %s", body, err, tt.want, tt.result)
		}
	}
	gateway.will(say("HTTP/1.0 200 OK\r\n\r\nstatus=DECLINED")) // a reason may have been cut off
	if _, err := on(t, gateway.url).DelTicket(t.Context(), "270000543"); outcome(err) != "uncertain" {
		t.Errorf("a reply without an end: %v", err)
	}
	gateway.will(say(httpReply("401 No", "Login problems?")))
	c := on(t, gateway.url)
	for range 2 {
		before := len(gateway.seen())
		if _, err := c.DelTicket(t.Context(), "270000543"); outcome(err) != "login refused" || len(gateway.seen()) > before+1 {
			t.Errorf("a refused login: %v", err)
		}
	}
}

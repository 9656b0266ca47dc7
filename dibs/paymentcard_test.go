package dibs

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// R70, R74: whatever prints or encodes a card, or something that holds one.
func TestCardIsNeverPrinted(t *testing.T) {
	const number, cvc = "4711100000000000", "9317"
	card, err := NewCard(number, time.June, 2024, cvc)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Open   Card
		hidden Card
		inner  struct{ deep []Card }
	}
	h := holder{Open: card, hidden: card}
	h.inner.deep = []Card{card}
	hide := func(what, text string) {
		t.Helper()
		for _, secret := range []string{number, cvc, "471110", fmt.Sprintf("%x", number), fmt.Sprintf("%X", cvc), "[52 55 49"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %s: %s", what, secret, text)
			}
		}
	}
	for name, v := range map[string]any{
		"a card": card, "a pointer to one": &card, "a slice": []Card{card}, "a map key": map[Card]int{card: 1}, "a request": AuthRequest{Card: card},
		"a pointer to a request": &AuthRequest{Card: card}, "hidden fields": h, "a pointer to such": &h,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%t", "%T", "%c", "%U", "%e", "%08.3f", "%b", "%o", "%w"} {
			hide(name+" through "+verb, fmt.Sprintf(verb, v))
		}
		if b, err := json.Marshal(v); err == nil {
			hide(name+" as JSON", string(b))
		}
		if b, err := xml.Marshal(v); err == nil {
			hide(name+" as XML", string(b))
		}
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", v, slog.Group("g", "value", v))
		hide(name+" in a log", log.String())
	}
	b, err := json.Marshal(map[string]any{"c": card})
	if got := fmt.Sprintf("%v %#v %d %s %v", card, card, card, card.String(), card.LogValue()) + string(b); err != nil ||
		got != `redacted redacted redacted redacted redacted{"c":"redacted"}` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestNewCardRefuses(t *testing.T) {
	for name, err := range map[string]error{
		"no number":          second(NewCard("", time.June, 2024, "684")),
		"ten digits":         second(NewCard("4711100000", time.June, 2024, "684")),
		"twenty digits":      second(NewCard("47111000000000004711", time.June, 2024, "684")),
		"spaces":             second(NewCard("4711 1000 0000 0000", time.June, 2024, "684")),
		"other digits":       second(NewCard("٤711100000000000", time.June, 2024, "684")),
		"month 0":            second(NewCard("4711100000000000", 0, 2024, "684")),
		"month 13":           second(NewCard("4711100000000000", 13, 2024, "684")),
		"a year of two":      second(NewCard("4711100000000000", time.June, 24, "684")),
		"a year far away":    second(NewCard("4711100000000000", time.June, 2100, "684")),
		"a cvc of two":       second(NewCard("4711100000000000", time.June, 2024, "68")),
		"a cvc of five":      second(NewCard("4711100000000000", time.June, 2024, "68468")),
		"a cvc with letters": second(NewCard("4711100000000000", time.June, 2024, "68a")),
	} {
		if err == nil || strings.ContainsAny(err.Error(), "4768") && strings.Contains(err.Error(), "4711") || err != nil && strings.Contains(err.Error(), "684") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !(Card{}).Empty() || cardOf(t).Empty() {
		t.Error("Empty is wrong")
	}
}

// R70, R74: a panic prints its value and the arguments of the calls that led
// to it. The test runs itself again, in a process that panics.
func TestPanicShowsNoCard(t *testing.T) {
	const number, cvc = "4711100000000000", "9317"
	card, err := NewCard(number, time.June, 2024, cvc)
	if err != nil {
		t.Fatal(err)
	}
	request := AuthRequest{Order: Order{OrderID: "11223344"}, Card: card}
	config := Config{Merchant: "12345678", User: "api", Password: NewSecret(canary), Key1: NewSecret(canary), Key2: NewSecret(canary)}
	values := map[string]any{
		"a card": card, "a pointer to a card": &card, "a request": request, "a pointer to a request": &request, "a text": fmt.Sprintf("%+v %#v", request, config),
		"an error": fmt.Errorf("card %v of %+v", card, request), "a secret": config.Password, "a configuration": config, "a client": on(t, "http://127.0.0.1:1", withCanary),
	}
	if name := os.Getenv("PANIC_WITH"); name != "" {
		panicWith(values[name], card, request)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name := range values {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestPanicShowsNoCard$")
			cmd.Env = append(os.Environ(), "PANIC_WITH="+name, "GOTRACEBACK=all")
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "panic: ") || !strings.Contains(string(out), "panicWith") {
				t.Fatalf("no panic: %v\n%s", err, out)
			}
			// Four digits stand in some address or other of a long trace.
			if text := regexp.MustCompile("0x[0-9a-f]+").ReplaceAllString(string(out), "0x"); strings.Contains(text, cvc) {
				t.Errorf("the panic shows %s:\n%s", cvc, out)
			}
			for _, secret := range []string{number, "471110", canary, fmt.Sprintf("%x", number), fmt.Sprintf("%x", canary)} {
				if strings.Contains(string(out), secret) {
					t.Errorf("the panic shows %s:\n%s", secret, out)
				}
			}
		})
	}
}

//go:noinline
func panicWith(value any, _ Card, _ AuthRequest) { panic(value) }

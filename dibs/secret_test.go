package dibs

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const canary = "canary-7f3a91"

// R70: whatever prints or encodes a secret, or something that holds one.
func TestSecretIsNeverPrinted(t *testing.T) {
	type holder struct {
		Open   Secret
		hidden Secret
		inner  struct{ deep []Secret }
		config Config
	}
	s := NewSecret(canary)
	cfg := Config{Gateway: "http://127.0.0.1:1", Merchant: "1", User: "api", Password: s, Key1: s, Key2: s}
	c := on(t, cfg.Gateway, func(have *Config) { *have = cfg })
	h := holder{Open: s, hidden: s, config: cfg}
	h.inner.deep = []Secret{s}
	values := map[string]any{
		"a secret": s, "a pointer to one": &s, "a slice": []Secret{s}, "a map": map[string]Secret{"k": s}, "a map key": map[Secret]int{s: 1},
		"a configuration": cfg, "a pointer to a configuration": &cfg, "a client": c, "a client by value in a struct": struct{ c *Client }{c},
		"a struct with hidden fields": h, "a pointer to such a struct": &h,
	}
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%t", "%T", "%c", "%U", "%e", "%08.3f", "%b", "%o", "%w"} {
			sealed(t, name+" through "+verb, fmt.Sprintf(verb, v))
		}
		sealed(t, name+" through Sprint", fmt.Sprint(v))
		sealed(t, name+" through Errorf", fmt.Errorf("x: %v", v).Error())
		if b, err := json.Marshal(v); err == nil {
			sealed(t, name+" as JSON", string(b))
		}
		if b, err := xml.Marshal(v); err == nil {
			sealed(t, name+" as XML", string(b))
		}
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", v, slog.Group("g", "value", v))
		sealed(t, name+" in a log", log.String())
	}
	if got := s.reveal(); got != canary {
		t.Errorf("reveal() = %q, want the secret itself", got)
	}
}

func TestSecretPrintsAsRedacted(t *testing.T) {
	s := NewSecret(canary)
	b, err := json.Marshal(map[string]any{"p": s})
	if got := fmt.Sprintf("%v %#v %d %s %v", s, s, s, s.String(), s.LogValue()) + string(b); err != nil ||
		got != `redacted redacted redacted redacted redacted{"p":"redacted"}` {
		t.Errorf("got %s, %v", got, err)
	}
	if s.Empty() || !NewSecret("").Empty() || !(Secret{}).Empty() || (Secret{}).reveal() != "" {
		t.Error("Empty is wrong")
	}
}

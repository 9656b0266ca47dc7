package bulk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// R70
func TestSecretsPrintNowhere(t *testing.T) {
	const text = "c4nary"
	secret := NewSecret(text)
	type hidden struct{ secret Secret }
	values := []any{
		secret, &secret, []Secret{secret}, hidden{secret}, map[string]Secret{"a": secret},
		SFTPConfig{Password: secret, Key: secret, Passphrase: secret}, FTPConfig{Password: secret},
	}
	var out bytes.Buffer
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			fmt.Fprintf(&out, verb, v)
		}
		_ = json.NewEncoder(&out).Encode(v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	for _, form := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the secret shows as %s", form)
		}
	}
	if !strings.Contains(out.String(), redacted) || secret.reveal() != text || secret.Empty() || !(Secret{}).Empty() || !NewSecret("").Empty() {
		t.Error("the secret is gone altogether")
	}
}

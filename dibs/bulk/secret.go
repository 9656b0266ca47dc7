package bulk

import (
	"fmt"
	"log/slog"
)

// A Secret is a password, a private key or the phrase that protects one. It
// prints as "redacted" through every formatting verb and every encoder; only
// this package reads its text.
type Secret struct {
	// A pointer, because fmt cannot call methods on what it finds in another
	// struct's unexported field and prints the bare fields instead: there it
	// meets an address, not the text.
	text *string
}

// NewSecret wraps text. An empty text is no secret: see [Secret.Empty].
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Empty reports whether there is no secret text.
func (s Secret) Empty() bool { return s.text == nil }

func (s Secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

const redacted = "redacted"

// Format implements [fmt.Formatter] for every verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// String returns "redacted".
func (s Secret) String() string { return redacted }

// MarshalText implements encoding.TextMarshaler, and through it JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResolveArgs(t *testing.T) {
	const one, two = "12345678/11111111/refund/0-5000/DKK#1", "12345678/270000543/delete#12"
	for _, tt := range []struct {
		args  []string
		names int
		ok    bool
	}{
		{[]string{one}, 1, true},
		{[]string{one, "shop"}, 1, true},
		{[]string{"shop"}, 1, true}, // perhaps a bulk file: the ledger knows
		{[]string{"refund271126_01", "shop"}, 1, true},
		{[]string{one, two}, 2, true},
		{[]string{one, two, "shop#1"}, 2, true},
		{[]string{one, two, "a/b/c#"}, 2, true},
		{[]string{one, "refund271126_01", "shop"}, 2, false},
		{[]string{one, two, one}, 3, false},
	} {
		names, rest := resolveArgs(tt.args)
		if diff := cmp.Diff(tt.args, append(names[:len(names):len(names)], rest...)); diff != "" {
			t.Errorf("resolveArgs(%q) loses an argument:\n%s", tt.args, diff)
		}
		if err := checkNames(names); len(names) != tt.names && tt.ok || (err == nil) != tt.ok {
			t.Errorf("resolveArgs(%q) = %q, %q; %v", tt.args, names, rest, err)
		}
	}
}

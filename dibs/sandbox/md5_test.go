package sandbox

import (
	"strings"
	"testing"
)

// TestMD5Key holds the formula against vectors that were computed outside this
// program (flexwin.md 3.1).
func TestMD5Key(t *testing.T) {
	const k1, k2 = "abcdefghijklmnopqrstuvwxyz012345", "ABCDEFGHIJKLMNOPQRSTUVWXYZ678901"
	latin1 := strings.NewReplacer("Æ", "\xc6", "ø", "\xf8")
	tests := map[string]struct{ k1, k2, text, want string }{
		"auth":                {k1, k2, "merchant=12345678&orderid=11223344&currency=208&amount=2000", "a23b8550ec293eda4d33bf32bb494ab3"},
		"auth, letters":       {k1, k2, "merchant=12345678&orderid=11223344&currency=DKK&amount=2000", "1d15302fe8f17cd94871129444e71ad8"},
		"refund":              {k1, k2, "merchant=12345678&orderid=11223344&transact=11111111&amount=2000", "61a0df60e3cbd457aadbaabcdde8334c"},
		"partial refund":      {k1, k2, "merchant=12345678&orderid=11223344&transact=11111111&amount=500", "34558a61adf4e83bf6a2742b12105f17"},
		"cancel":              {k1, k2, "merchant=12345678&orderid=11223344&transact=11111111", "9c9c3a02025515db589f1c28371fa5e0"},
		"ticket":              {k1, k2, "merchant=12345678&orderid=11223345&ticket=270000543&currency=208&amount=2000", "c16f841820fe85704f7567154e79f5c5"},
		"preauth":             {k1, k2, "merchant=12345678&orderid=11223346&preauth=true&currency=208&amount=100", "fe6bbe563e4136994f54f271539e1e5f"},
		"authkey":             {k1, k2, "transact=11111111&amount=2000&currency=208", "35d76574dc782b920cb4da6bec22b28d"},
		"authkey with a fee":  {k1, k2, "transact=11111111&amount=2150&currency=208", "6a8a11d739caa8197a79c6de2362e8e5"},
		"authkey of a ticket": {k1, k2, "transact=270000543&preauth=true&currency=208", "43394b32a09cbf639b9be56e54d582db"},
		"awkward keys": {
			"a&b=c%d+e#f?g!h*i(j)k{l}m~n^o|p:", "~.(S)96%u|[UV,]ifx;T=t&DAK'N b+H",
			"merchant=12345678&orderid=11223344&transact=11111111&amount=2000", "218600f72c862bb0a750c7300a117c4c",
		},
		"Latin-1": {k1, k2, latin1.Replace("merchant=12345678&orderid=Ærø-1&transact=11111111&amount=2000"), "b8dc00fa33f46931cdeaceeedc47184b"},
		"UTF-8":   {k1, k2, "merchant=12345678&orderid=Ærø-1&transact=11111111&amount=2000", "c27f42c22722620d2e4faf1ac257ff3f"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := md5Key(tt.k1, tt.k2, tt.text); got != tt.want {
				t.Errorf("md5Key over %q = %s, want %s", tt.text, got, tt.want)
			}
		})
	}
}

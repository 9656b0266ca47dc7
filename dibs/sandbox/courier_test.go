package sandbox

import (
	"net/netip"
	"testing"
)

// TestCallbackTarget: a loopback name that stands for another machine gets no
// connection, nor does what the options refuse.
func TestCallbackTarget(t *testing.T) {
	tests := map[string]struct {
		allowed func(netip.AddrPort) bool
		target  string
		want    bool
	}{
		"this machine":             {target: "127.0.0.1:80", want: true},
		"this machine, IPv6":       {target: "[::1]:80", want: true},
		"another machine":          {target: "192.0.2.1:80"},
		"another that is allowed":  {func(to netip.AddrPort) bool { return to.Port() == 80 }, "192.0.2.1:80", true},
		"another that is not":      {func(to netip.AddrPort) bool { return to.Port() == 80 }, "192.0.2.1:81", false},
		"something without a port": {target: "127.0.0.1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k := newCourier(tt.allowed)
			defer k.close()
			if err := k.checkTarget("tcp", tt.target, nil); (err == nil) != tt.want {
				t.Errorf("checkTarget(%q) = %v, want allowed %t", tt.target, err, tt.want)
			}
		})
	}
}

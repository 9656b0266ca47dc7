package sandbox

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

var (
	errForeignOrigin = errors.New("another web site sent this request: nothing was done")
	errForeignName   = errors.New("a browser may act here only under an IP address or as localhost: nothing was done")
	errNoBrowser     = errors.New("the page's buttons are for browsers, and this request says nothing of where it comes from: use the paths under " + judgePrefix)
)

// checkOrigin refuses a request that changes something and that another web
// site, or another port of this machine, had a browser send. It also refuses
// browsers that know the gateway by a name: a site could let its own name
// point here and so pass for the gateway. Programs that are no browsers send
// no origin and pass.
func checkOrigin(r *http.Request) error {
	if new(http.CrossOriginProtection).Check(r) != nil {
		return errForeignOrigin
	}
	if fromBrowser(r) && !isAddress(r.Host) {
		return errForeignName
	}
	return nil
}

// checkPressed is [checkOrigin] for the page's buttons, which only a browser
// has. So a browser too old to name an origin is refused as well.
func checkPressed(r *http.Request) error {
	if !fromBrowser(r) {
		return errNoBrowser
	}
	return checkOrigin(r)
}

func fromBrowser(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != ""
}

// isAddress reports whether no name server has a say in where host is.
func isAddress(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	name = strings.ToLower(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

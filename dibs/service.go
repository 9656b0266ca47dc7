package dibs

// A service is one of the gateway's programs. The zero value is invalid.
type service uint8

const (
	_ service = iota
	captureCGI
	refundCGI
	cancelCGI
	transInfoCGI
	transStatusPML
	payInfoCGI
	serviceCount
)

// services holds where each one lives (flexwin.md 5 and 6). Everything below
// /cgi-adm wants the login of an API user, nothing else does (flexwin.md 1.1).
var services = [serviceCount]struct {
	name, path string
	login      bool
}{
	captureCGI:     {"capture.cgi", "/cgi-bin/capture.cgi", false},
	refundCGI:      {"refund.cgi", "/cgi-adm/refund.cgi", true},
	cancelCGI:      {"cancel.cgi", "/cgi-adm/cancel.cgi", true},
	transInfoCGI:   {"transinfo.cgi", "/cgi-bin/transinfo.cgi", false},
	transStatusPML: {"transstatus.pml", "/transstatus.pml", false},
	payInfoCGI:     {"payinfo.cgi", "/cgi-adm/payinfo.cgi", true},
}

func (s service) String() string { return services[s].name }
func (s service) path() string   { return services[s].path }
func (s service) login() bool    { return services[s].login }

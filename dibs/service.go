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
	authCGI
	reauthCGI
	ticketAuthCGI
	delTicketCGI
	changeStatusCGI
	supplAuthCGI
	callbackCGI
	splitPayInfoCGI
	splitPayChangeCGI
	vouchersCGI
	transStatCGI
	transImgCGI
	confirmTransactCGI
	cardTypePML
	acquirerStatusPML
	threeDSecureCGI
	danskeNetCGI
	soloPaymentCGI
	flexWinForm
	serviceCount
)

// services holds where each one lives (flexwin.md 5, 6, 8 and 9). Everything below
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

	authCGI:         {"auth.cgi", "/cgi-ssl/auth.cgi", false},
	reauthCGI:       {"reauth.cgi", "/cgi-bin/reauth.cgi", false},
	ticketAuthCGI:   {"ticket_auth.cgi", "/cgi-ssl/ticket_auth.cgi", false},
	delTicketCGI:    {"delticket.cgi", "/cgi-adm/delticket.cgi", true},
	changeStatusCGI: {"changestatus.cgi", "/cgi-adm/changestatus.cgi", true},
	supplAuthCGI:    {"suppl_auth.cgi", "/cgi-adm/suppl_auth.cgi", true},

	callbackCGI:        {"callback.cgi", "/cgi-adm/callback.cgi", true},
	splitPayInfoCGI:    {"splitpay_info.cgi", "/cgi-adm/splitpay_info.cgi", true},
	splitPayChangeCGI:  {"splitpay_changestatus.cgi", "/cgi-adm/splitpay_changestatus.cgi", true},
	vouchersCGI:        {"generatevouchers.cgi", "/cgi-adm/generatevouchers.cgi", true},
	transStatCGI:       {"transstat.cgi", "/cgi-bin/transstat.cgi", false},
	transImgCGI:        {"transimg.cgi", "/cgi-bin/transimg.cgi", false},
	confirmTransactCGI: {"confirmtransact.cgi", "/cgi-bin/confirmtransact.cgi", false},
	cardTypePML:        {"cardtype.pml", "/cardtype.pml", false},
	acquirerStatusPML:  {"status.pml", "/status.pml", false},

	// These are for customers' browsers. The client only builds what they send.
	threeDSecureCGI: {"3dsecure.cgi", "/cgi-ssl/3dsecure.cgi", false},
	danskeNetCGI:    {"danskenet.cgi", "/cgi-bin/danskenet.cgi", false},
	soloPaymentCGI:  {"solo_payment.cgi", "/cgi-ssl/solo_payment.cgi", false},
	flexWinForm:     {"FlexWin", "/paymentweb/start.action", false},
}

func (s service) String() string { return services[s].name }
func (s service) path() string   { return services[s].path }
func (s service) login() bool    { return services[s].login }

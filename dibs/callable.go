package dibs

import "slices"

// A Service is one of the gateway's programs, as [Client.Call] takes it.
type Service struct {
	Name   string // "refund.cgi"
	Path   string // "/cgi-adm/refund.cgi"
	Doc    string // what it does, in a line
	Source string // where the reference describes it
	Login  bool   // it wants an API user

	// Changes says that it moves money, or changes what the gateway keeps.
	Changes bool
	// Valuable says that its reply is worth money to whoever reads it.
	Valuable bool
	// Withheld says why Call refuses it; empty when it does not.
	Withheld string

	Parameters []Parameter // without those that Call fills in

	service service
	signed  []string // what the md5key covers, in its order; nil when there is none
}

// A Parameter is one field of a [Service].
type Parameter struct {
	Name     string
	Required bool     // Whatever the md5key covers is required, too, with MD5 keys.
	Values   []string // all that there are; nil when there are many
	Doc      string

	check func(value string) error
}

// Services returns what the reference describes, by group, with the services
// that [Client.Call] refuses. The slice belongs to the caller.
func Services() []Service {
	list := slices.Clone(callable)
	for i := range list {
		s := &list[i]
		s.Name, s.Path, s.Login = s.service.String(), s.service.path(), s.service.login()
		s.Parameters = slices.Clone(s.Parameters)
	}
	return list
}

const (
	needsCard    = "it takes card numbers, which must not stand on a command line or in its history (PCI DSS); a program sends them with dibs.Client.Auth"
	needsBrowser = "it is for a customer's browser, which it redirects"
)

// callable is the table of parameters (flexwin.md 5, 6 and 9). Merchant, account,
// textreply and md5key are in no row: [Client.Call] fills them in.
var callable = []Service{
	{service: transStatusPML, Source: "flexwin.md 6.3", Doc: "status of a transaction, as a number", Parameters: []Parameter{transactField}},
	{service: payInfoCGI, Source: "flexwin.md 6.1", Doc: "status, amount and order of a transaction", Parameters: []Parameter{transactField}},
	{service: transInfoCGI, Source: "flexwin.md 6.2", Doc: "find the transaction of an order", Parameters: []Parameter{orderField, authorisedField, currencyField}},
	{service: transStatCGI, Source: "flexwin.md 6.4", Doc: "whether a transaction is there: 0, 1 or 2", Parameters: []Parameter{transactField, orderField, authorisedField, currencyField}},
	{service: confirmTransactCGI, Source: "flexwin.md 6.6", Doc: "amount of a transaction, or 0", Parameters: []Parameter{transactField, orderField, currencyField}},
	{service: callbackCGI, Source: "flexwin.md 6.8", Doc: "what the gateway told the shop when it was authorised", Parameters: []Parameter{transactField}},
	{service: cardTypePML, Source: "flexwin.md 6.7", Doc: "kind of card, or 0", Parameters: []Parameter{transactField}},
	{service: splitPayInfoCGI, Source: "flexwin.md 6.9", Doc: "sums of an authorisation that is captured in parts", Parameters: []Parameter{transactField}},
	{service: acquirerStatusPML, Source: "flexwin.md 6.11", Doc: "whether acquirers can be reached", Parameters: []Parameter{
		{Name: "acquirer", Required: true, Doc: "name of an acquirer, or all", check: checkText},
		{Name: "replytype", Doc: "form of the reply", Values: []string{"text", "html", "num"}, check: checkText},
	}},
	{service: transImgCGI, Source: "flexwin.md 6.5", Doc: "transstat.cgi as a traffic light", Withheld: "it answers with an image; transstat.cgi says the same as a number"},

	{
		service: captureCGI, Source: "flexwin.md 5.4", Doc: "take authorised money", Changes: true, signed: signedHandling,
		Parameters: []Parameter{transactField, orderField, amountField,
			flagField("force", "authorise again first what is older than 7 days"), flagField("splitpay", "one of several captures of an authorisation"), fullReplyField},
	},
	{
		service: refundCGI, Source: "flexwin.md 5.5", Doc: "give captured money back", Changes: true, signed: signedHandling,
		Parameters: []Parameter{transactField, orderField, amountField, currencyField, fullReplyField},
	},
	{
		service: cancelCGI, Source: "flexwin.md 5.6", Doc: "release an authorisation", Changes: true, signed: signedHandling[:3],
		Parameters: []Parameter{transactField, keyOrderField},
	},
	{
		service: reauthCGI, Source: "flexwin.md 5.3", Doc: "authorise a transaction again", Changes: true,
		Parameters: []Parameter{transactField, fullReplyField},
	},
	{
		service: changeStatusCGI, Source: "flexwin.md 5.7", Doc: "correct the status that the gateway keeps; no money moves", Changes: true,
		Parameters: []Parameter{transactField, amountField,
			{Name: "action", Required: true, Doc: "what to make of it", check: checkText,
				Values: []string{string(ActionNew), string(ActionMatched), string(ActionCancelled), string(ActionCaptured)}},
			flagField("force", "needed for what is pending or declined"), fullReplyField},
	},
	{
		service: supplAuthCGI, Source: "flexwin.md 5.10", Doc: "reserve the money of a null-authorised Dankort", Changes: true, signed: signedHandling,
		Parameters: []Parameter{transactField, keyOrderField, amountField},
	},
	{
		service: ticketAuthCGI, Source: "flexwin.md 5.8", Doc: "authorise a payment with a stored card", Changes: true,
		signed: []string{"merchant", "orderid", "ticket", "currency", "amount"},
		Parameters: []Parameter{ticketField, newOrderField, amountField, currencyField,
			flagField("capturenow", "capture at once"), flagField("uniqueoid", "refuse an order id that was used before"),
			flagField("calcfee", "add the fee"), flagField("test", "send it to the test module"), fullReplyField},
	},
	{
		service: delTicketCGI, Source: "flexwin.md 5.9", Doc: "delete a stored card for good", Changes: true,
		Parameters: []Parameter{ticketField, fullReplyField},
	},
	{
		service: splitPayChangeCGI, Source: "flexwin.md 6.10", Doc: "open or close an authorisation that is captured in parts", Changes: true,
		Parameters: []Parameter{transactField, {Name: "action", Required: true, Doc: "what to do", Values: []string{"open", "close"}, check: checkText}},
	},
	{
		service: vouchersCGI, Source: "flexwin.md 9.3", Doc: "make vouchers", Changes: true, Valuable: true,
		Parameters: []Parameter{
			{Name: "quantity", Required: true, Doc: "how many", check: checkNumber},
			{Name: "type", Required: true, Doc: "worth money or percent", Values: []string{"M", "P"}, check: checkText},
			{Name: "value", Required: true, Doc: "what each is worth, in minor units (2000 for 20.00) or percent", check: checkNumber}, currencyField,
			{Name: "group", Doc: "1 to 4 letters and digits, V when left out", check: checkText},
			{Name: "start", Doc: "first day, as DDMMYYYY", check: checkText}, {Name: "expire", Doc: "last day, as DDMMYYYY", check: checkText},
			{Name: "min", Doc: "smallest order, as a decimal like 100.00", check: checkText}, {Name: "maxuses", Doc: "how often each can be used", check: checkNumber},
		},
	},

	{service: authCGI, Source: "flexwin.md 5.1", Doc: "authorise a payment", Changes: true, Withheld: needsCard},
	{service: threeDSecureCGI, Source: "flexwin.md 5.2", Doc: "authorise a payment with 3-D Secure", Changes: true, Withheld: needsBrowser + ", and takes card numbers"},
	{service: danskeNetCGI, Source: "flexwin.md 9.1", Doc: "pay from an account at Danske Bank", Changes: true, Withheld: needsBrowser},
	{service: soloPaymentCGI, Source: "flexwin.md 9.2", Doc: "pay from an account at Nordea", Changes: true, Withheld: needsBrowser},
	{service: flexWinForm, Source: "flexwin.md 8", Doc: "pay in the gateway's own window", Changes: true, Withheld: needsBrowser},
}

// signedHandling is what the md5key of capture.cgi, refund.cgi and
// suppl_auth.cgi covers; that of cancel.cgi has no amount (flexwin.md 3).
var signedHandling = []string{"merchant", "orderid", "transact", "amount"}

var (
	transactField   = Parameter{Name: "transact", Required: true, Doc: "number of the transaction", check: func(v string) error { return checkTransact(TransactID(v)) }}
	ticketField     = Parameter{Name: "ticket", Required: true, Doc: "number of the stored card", check: transactField.check}
	orderField      = Parameter{Name: "orderid", Required: true, Doc: "order id of the authorisation", check: checkOrderID}
	newOrderField   = Parameter{Name: "orderid", Required: true, Doc: "order id of the new payment", check: checkOrderID}
	keyOrderField   = Parameter{Name: "orderid", Doc: "order id of the authorisation; required where there are MD5 keys", check: checkOrderID}
	amountField     = Parameter{Name: "amount", Required: true, Doc: "in minor units, 5000 for 50.00", check: checkMinor}
	authorisedField = Parameter{Name: "amount", Required: true, Doc: "authorised amount in minor units, 5000 for 50.00", check: checkMinor}
	currencyField   = Parameter{Name: "currency", Required: true, Doc: "by ISO 4217: 208 or DKK", check: checkCurrency}
	fullReplyField  = flagField("fullreply", "have everything that was sent repeated in the reply")
)

func flagField(name, doc string) Parameter {
	return Parameter{Name: name, Doc: doc, Values: []string{"yes", "true"}, check: checkText}
}

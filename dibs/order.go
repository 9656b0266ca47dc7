package dibs

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"

	"flexform/money"
)

// maxSplit bounds the parts of an order; the gateway documents no bound.
const maxSplit = 99

// A PostType says how the shop came by the card (flexwin.md 1.2). Empty means
// over the internet.
type PostType string

const (
	PostSSL   PostType = "ssl"
	PostMail  PostType = "mail"
	PostPhone PostType = "phone"
)

// An Order is what a payment function is to authorise (flexwin.md 5.1).
type Order struct {
	OrderID string // at most 50 characters, unique where MD5 keys are used
	Amount  money.Amount

	// Split makes several transactions of the order, one for each part, which
	// are captured one by one (flexwin.md 5.11). The parts add up to Amount.
	Split []money.Amount

	// PreAuth stores the card as a ticket instead of reserving money; Amount is
	// needed for its currency and otherwise ignored. MakeTicket does both, and
	// has the call go unsigned, whatever keys there are (flexwin.md 3).
	PreAuth    bool
	MakeTicket bool

	CaptureNow bool // capture at once; not with PreAuth
	UniqueOID  bool // decline an order id that was used before: [ReasonOrderNotUnique]
	CalcFee    bool // add the card's fee, see [Authorisation.Fee]
	Test       bool // use the test acquirer
	FullReply  bool // tell everything that the shop's settings allow

	CardType    string     // decline any other card: [ReasonOtherCardType]; paytype codes of flexwin.md 4.6
	PostType    PostType   // empty: [PostSSL]
	IP          netip.Addr // the customer's
	CallbackURL string     // where the gateway tells of an approval; see [ParseCallback]
	Information OrderInformation
}

// check refuses what must not be sent.
func (o Order) check(signed bool) error {
	if err := errors.Join(checkOrder(o.OrderID, signed), checkAmount(o.Amount), o.checkSplit()); err != nil {
		return err
	}
	switch {
	case o.PreAuth && (o.CaptureNow || o.MakeTicket || len(o.Split) > 0):
		return errors.New("PreAuth goes with none of CaptureNow, MakeTicket and Split")
	case !printable(o.CardType) || len(o.CardType) > maxAccount:
		return fmt.Errorf("card type %+q is not at most %d printable ASCII characters", o.CardType, maxAccount)
	case o.PostType != "" && o.PostType != PostSSL && o.PostType != PostMail && o.PostType != PostPhone:
		return fmt.Errorf("post type %+q is none of ssl, mail and phone", string(o.PostType))
	case o.CallbackURL != "":
		if err := checkURL("callback", o.CallbackURL); err != nil {
			return err
		}
	}
	return o.Information.check()
}

func (o Order) checkSplit() error {
	if len(o.Split) == 0 {
		return nil
	}
	if len(o.Split) > maxSplit {
		return fmt.Errorf("a split into %d parts; at most %d", len(o.Split), maxSplit)
	}
	var sum money.Amount
	for i, part := range o.Split {
		err := checkAmount(part)
		if err == nil && i > 0 {
			sum, err = sum.Add(part)
		} else if err == nil {
			sum = part
		}
		if err != nil {
			return fmt.Errorf("part %d of the split: %w", i+1, err)
		}
	}
	if !sum.Equal(o.Amount) {
		return fmt.Errorf("the split adds up to %s, and the order is for %s", sum, o.Amount)
	}
	return nil
}

// addTo appends the order's fields. Numbers stand for currencies, as the
// authkey of the reply covers what was sent (flexwin.md 3).
func (o Order) addTo(f *form) {
	f.add("orderid", o.OrderID)
	f.add("amount", strconv.FormatInt(o.Amount.Minor(), 10))
	f.add("currency", o.Amount.Currency().Number())
	if len(o.Split) > 0 {
		f.add("split", strconv.Itoa(len(o.Split)))
		for i, part := range o.Split {
			f.add("amount"+strconv.Itoa(i+1), strconv.FormatInt(part.Minor(), 10))
		}
	}
	if o.PreAuth {
		f.add("preauth", preAuth)
	}
	f.addFlag("maketicket", o.MakeTicket)
	f.addFlag("capturenow", o.CaptureNow)
	f.addFlag("uniqueoid", o.UniqueOID)
	f.addFlag("calcfee", o.CalcFee)
	f.addFlag("test", o.Test)
	f.addFlag("fullreply", o.FullReply)
	f.addSome("cardtype", o.CardType)
	f.addSome("postype", string(o.PostType))
	if o.IP.IsValid() {
		f.add("ip", o.IP.Unmap().WithZone("").String())
	}
	f.addSome("callbackurl", o.CallbackURL)
	o.Information.addTo(f)
}

// preAuth is the value that asks for a ticket. It is signed, so it is fixed.
const preAuth = "true"

// signable reports whether the order may carry an md5key: one client found
// that an order with maketicket must not (flexwin.md 3).
func (o Order) signable() bool { return !o.MakeTicket }

// signedText returns what the md5key of auth.cgi, 3dsecure.cgi, solo_payment.cgi
// and the hosted form covers, in the protocol's fixed order (flexwin.md 3).
func (o Order) signedText(merchant string) string {
	text := "merchant=" + merchant + "&orderid=" + o.OrderID
	if o.PreAuth {
		text += "&preauth=" + preAuth
	}
	return text + "&currency=" + o.Amount.Currency().Number() + "&amount=" + strconv.FormatInt(o.Amount.Minor(), 10)
}

// checkURL refuses what is no address that the gateway could go to.
func checkURL(what, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || !printable(address) {
		return fmt.Errorf("%s URL %+q is not an http or https URL in ASCII without a user", what, escape(address, 200))
	}
	return nil
}

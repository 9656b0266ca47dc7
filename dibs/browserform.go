package dibs

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// A BrowserForm is what a customer's browser sends to the gateway. A page shows
// it as a form with a hidden input for each field, and the browser comes back
// to one of the shop's addresses, which [ParseCallback] reads and
// [Client.VerifyCallback] believes. Until it has, or the callback has arrived,
// nothing is known, and a customer may never come back: ask [Client.TransInfo].
type BrowserForm struct {
	Action string   // address to POST to
	Fields []Field  // in order; md5key is meant to be seen
	Inputs []string // names of inputs that the customer fills in and the page has to add
}

// A Field is a name and a value, neither of them escaped in any way.
type Field struct{ Name, Value string }

// URL returns the form as an address to redirect to. A form with inputs has
// none: what customers fill in, card numbers, must never be part of one.
func (f BrowserForm) URL() (string, error) {
	if len(f.Inputs) > 0 {
		return "", fmt.Errorf("a form with the inputs %s goes by POST only", strings.Join(f.Inputs, ", "))
	}
	query := make(form, 0, 512)
	for _, field := range f.Fields {
		query.addLatin1(field.Name, field.Value)
	}
	return f.Action + "?" + string(query), nil
}

// A builder puts a browser's form together and collects what is wrong with it.
type builder struct {
	client   *Client
	service  service
	order    Order
	form     form
	inputs   []string
	mistakes []error
}

func (c *Client) build(s service, o Order) *builder {
	b := &builder{client: c, service: s, order: o, form: make(form, 0, 512)}
	b.form.add("merchant", c.merchant)
	b.form.addSome("account", c.account)
	b.refuse(o.FullReply, "a browser gets no full reply")
	o.addTo(&b.form)
	return b
}

func (b *builder) refuse(bad bool, format string, args ...any) {
	if bad {
		b.mistakes = append(b.mistakes, fmt.Errorf(format, args...))
	}
}

func (b *builder) address(name, value string, needed bool) {
	if value == "" && !needed {
		return
	}
	if err := checkURL(name, value); err != nil {
		b.mistakes = append(b.mistakes, err)
	}
	b.form.add(name, value)
}

func (b *builder) option(name, value string) {
	b.refuse(!printable(value) || len(value) > 200, "%s %+q is not at most 200 printable ASCII characters", name, escape(value, 60))
	b.form.addSome(name, value)
}

// finish signs the form, unless it may not be, and takes it apart again: the
// browser has its own encoding.
func (b *builder) finish(signable bool) (BrowserForm, error) {
	signed := signable && b.client.signs()
	if err := errors.Join(append(b.mistakes, b.order.check(signed))...); err != nil {
		return BrowserForm{}, fmt.Errorf("%s form for order %q: %w", b.service, escape(b.order.OrderID, 2*maxOrderID), err)
	}
	if signed {
		b.form.add("md5key", sign(b.client.key1, b.client.key2, b.order.signedText(b.client.merchant)))
	}
	base := b.client.endpoint.url
	f := BrowserForm{Action: (&url.URL{Scheme: base.Scheme, Host: base.Host, Path: base.Path + b.service.path()}).String(), Inputs: b.inputs}
	for pair := range strings.SplitSeq(string(b.form), "&") {
		name, value, _ := strings.Cut(pair, "=")
		f.Fields = append(f.Fields, Field{decode(name), decode(value)})
	}
	return f, nil
}

package schema

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The attributes of a ticket block and of a charge block within it. for_each is
// looked at by itself.
var (
	ticketAttributes = [...]attribute{attrMerchant, attrTicket, attrDeleted, attrReason, attrForEach}
	chargeAttributes = [...]attribute{attrOrderID, attrAmount, attrCapture, attrReason}
)

// A ticketBlock is one ticket block made ready to give its tickets.
type ticketBlock struct {
	label    string
	header   hcl.Range
	in       *instances // nil without for_each
	formulas map[attribute]*formula
	charges  []chargeBlock
}

// A chargeBlock is one charge block within it.
type chargeBlock struct {
	label    string
	header   hcl.Range
	formulas map[attribute]*formula
}

// readTickets evaluates the ticket blocks.
func (l *loader) readTickets(blocks []*hclsyntax.Block) []Ticket {
	var tickets []Ticket
	labels := map[string]hcl.Range{}
	for _, b := range blocks {
		name, ok := l.name(b, "ticket \"gold_4711\" {")
		if !ok {
			continue
		}
		if first, twice := labels[name]; twice {
			l.add(b.DefRange(), "Duplicate name", "There are two ticket blocks called %q, here and at %s. Rename one of them: a plan names tickets by these names.", name, where(first))
			continue
		}
		labels[name] = b.DefRange()
		t := l.compileTicket(name, b)
		if len(tickets)+t.len() > maxRows {
			l.add(t.header, "Too many tickets", "With this block the configuration has more than %d tickets, the most that one plan can hold. Split it into several folders.", maxRows)
			l.leftOut = true
			break
		}
		for i := range t.len() {
			if ticket, ok := l.ticket(t, row{t.in, i}); ok {
				tickets = append(tickets, ticket)
			} else {
				l.leftOut = true
			}
		}
	}
	return tickets
}

// len is how many tickets the block stands for.
func (t *ticketBlock) len() int {
	if t.in == nil {
		return 1
	}
	return t.in.len()
}

// compileTicket reads a block as far as it is the same for all its tickets.
func (l *loader) compileTicket(name string, b *hclsyntax.Block) *ticketBlock {
	fields := l.fields(b, ticketAttributes[:])
	t := &ticketBlock{label: name, header: b.DefRange()}
	if f := fields[attrForEach]; f.kind != absent {
		t.in = l.forEach(f)
	}
	if f := fields[attrTicket]; f.kind == plainText {
		l.ticketPlaces = append(l.ticketPlaces, f.rng)
	} else {
		l.noteTransact(f, t.in)
	}
	delete(fields, attrForEach)
	t.formulas = l.compileAll(fields, t.in, b.DefRange())
	labels := map[string]hcl.Range{}
	for _, inner := range b.Body.Blocks {
		if inner.Type != "charge" {
			l.innerBlock(inner, b, ticketAttributes[:])
			continue
		}
		if c, ok := l.compileCharge(inner, t.in, labels); ok {
			t.charges = append(t.charges, c)
		}
	}
	return t
}

func (l *loader) compileCharge(b *hclsyntax.Block, in *instances, labels map[string]hcl.Range) (chargeBlock, bool) {
	c := chargeBlock{header: b.DefRange()}
	switch {
	case len(b.Labels) == 0:
		l.add(b.TypeRange, "Missing name", "This block needs a name, so that a plan can tell the charges of a ticket apart. Write it in quotes, as in:\n\n    charge \"2026-11\" {")
		return c, false
	case len(b.Labels) > 1:
		l.add(b.LabelRanges[1], "Too many names", "This block has one name only. Write it as in:\n\n    charge \"2026-11\" {")
		return c, false
	case !chargeName(b.Labels[0]):
		l.add(b.LabelRanges[0], "Invalid name", "The name of a charge has letters, digits, point, _ and -, at most %d of them, as in charge \"2026-11\".", maxName)
		return c, false
	}
	c.label = b.Labels[0]
	if first, twice := labels[c.label]; twice {
		l.add(b.LabelRanges[0], "Duplicate name", "This ticket has two charges called %q, here and at %s. Each is done once and named by this: rename one of them, or delete it.", c.label, where(first))
		return c, false
	}
	labels[c.label] = b.DefRange()
	c.formulas = l.compileAll(l.fields(b, chargeAttributes[:]), in, b.DefRange())
	for _, inner := range b.Body.Blocks {
		l.innerBlock(inner, b, chargeAttributes[:])
	}
	return c, true
}

func chargeName(s string) bool {
	return s != "" && len(s) <= maxName && strings.IndexFunc(s, func(c rune) bool {
		return !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '_' || c == '-')
	}) < 0
}

// fields sorts the attributes of a block by name. Each of the given ones is in
// the result, absent or not.
func (l *loader) fields(b *hclsyntax.Block, known []attribute) map[attribute]field {
	fields := map[attribute]field{}
	for _, a := range known {
		fields[a] = field{}
		if attr := b.Body.Attributes[a.String()]; attr != nil {
			fields[a] = classify(attr.Expr)
		}
	}
	for name, attr := range b.Body.Attributes {
		if !slices.ContainsFunc(known, func(a attribute) bool { return a.String() == name }) {
			l.unknownAttribute(attr, b, namesOf(known))
		}
	}
	return fields
}

func namesOf(known []attribute) []string {
	var names []string
	for _, a := range known {
		names = append(names, a.String())
	}
	return names
}

// innerBlock says that a block has no such block inside it.
func (l *loader) innerBlock(inner, b *hclsyntax.Block, known []attribute) {
	alone := *b
	body := *b.Body
	body.Blocks = hclsyntax.Blocks{inner}
	alone.Body = &body
	names := namesOf(known)
	if b.Type == "ticket" {
		names = append(names, "charge")
	}
	l.noBlocks(&alone, names)
}

// compileAll makes the attributes of a block ready. What is missing for all of
// its instances is said once.
func (l *loader) compileAll(fields map[attribute]field, in *instances, header hcl.Range) map[attribute]*formula {
	formulas := map[attribute]*formula{}
	for a := range attrCapture + 1 { // in the order of the constants, so that messages have one
		f, ok := fields[a]
		if !ok {
			continue
		}
		c := l.compile(a, f, in)
		if c.fixed {
			c.result = c.check(l, c.result, row{})
			if c.result.kind == notWritten && l.lacksInTicket(a, header, row{}) {
				c.result = result{}
			}
		}
		formulas[a] = &c
	}
	return formulas
}

// lacksInTicket says that an attribute of a ticket or of a charge is missing, if
// it must be there.
func (l *loader) lacksInTicket(a attribute, header hcl.Range, r row) bool {
	switch {
	case a == attrTicket:
		l.missing(header, "ticket", "the number that DIBS gave the stored card, as in ticket = \"270000543\"", r)
	case a == attrOrderID:
		l.missing(header, "orderid", "the order id of the new payment, which is charged once, ever, as in orderid = \"G-4711-2026-11\"", r)
	case a == attrAmount:
		l.missing(header, "amount", "what is charged, as in amount = \"99.00 DKK\"", r)
	case a == attrMerchant && len(l.merchants) > 1:
		l.missing(header, "merchant", "there are several merchants, so it must say which one, as in merchant = merchant."+l.anyMerchant(), r)
	default:
		return false
	}
	return true
}

// values works out the attributes of a block for one row. It returns false
// after a mistake.
func (l *loader) values(formulas map[attribute]*formula, header hcl.Range, r row) (map[attribute]result, bool) {
	v := make(map[attribute]result, len(formulas))
	good := true
	for a := range attrCapture + 1 {
		f := formulas[a]
		if f == nil {
			continue
		}
		one := f.checked(l, r)
		if one.kind == notWritten && !f.fixed && l.lacksInTicket(a, header, r) {
			one = result{}
		}
		good = good && one.kind != failed
		v[a] = one
	}
	return v, good
}

// ticket evaluates one ticket with its charges. It returns false after a
// mistake.
func (l *loader) ticket(b *ticketBlock, r row) (Ticket, bool) {
	v, good := l.values(b.formulas, b.header, r)
	t := Ticket{
		Address: address("ticket", b.label, r), Ticket: v[attrTicket].text, Deleted: v[attrDeleted].flag, Reason: v[attrReason].text,
		Source: fromHCL(b.header), Places: TicketPlace{fromHCL(v[attrTicket].place), fromHCL(v[attrDeleted].place)},
		Merchant: l.merchantID(v[attrMerchant]),
	}
	for _, c := range b.charges {
		charge, ok := l.charge(&t, c, r)
		good = good && ok
		t.Charges = append(t.Charges, charge)
	}
	return t, good
}

func (l *loader) charge(t *Ticket, b chargeBlock, r row) (Charge, bool) {
	v, ok := l.values(b.formulas, b.header, r)
	c := Charge{
		Address: t.Address + `.charge["` + b.label + `"]`, OrderID: v[attrOrderID].text, Amount: v[attrAmount].amount, Capture: v[attrCapture].flag,
		Reason: v[attrReason].text, Source: fromHCL(b.header), Places: ChargePlace{fromHCL(v[attrOrderID].place), fromHCL(v[attrAmount].place)},
	}
	if c.Reason == "" {
		c.Reason = t.Reason
	}
	if ok && c.Amount.Zero() {
		l.add(v[attrAmount].place, "Nothing to charge", "%s charges nothing. Write an amount above zero, or delete the block.%s", c.Address, r)
		ok = false
	}
	return c, ok
}

// checkTicket checks the number of a ticket.
func (l *loader) checkTicket(v result, r row) bool {
	if isTransact(v.text) {
		return true
	}
	l.add(v.place, "Invalid ticket", "%q is not the number that DIBS gave a stored card: at least 6 digits and nothing else, as in \"270000543\". It is the transact of the order that the card was stored with.%s", clip(v.text), r)
	return false
}

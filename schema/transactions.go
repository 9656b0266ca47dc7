package schema

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// readTransactions evaluates the transaction blocks, in file order.
func (l *loader) readTransactions(docs []document) []Transaction {
	n := 0
	for _, d := range docs {
		n += len(d.transactions)
	}
	l.transactions = make([]Transaction, 0, n)
	labels := make(map[string]Range, n)
	var fs [attributes]formula // of one block after the other
	for _, doc := range docs {
		for i := range doc.transactions {
			d := &doc.transactions[i]
			if first, twice := labels[d.label]; twice {
				l.add(toHCL(d.header), "Duplicate name", "There are two transaction blocks called %q, here and at %s. Rename one of them: a plan names transactions by these names.", d.label, where(toHCL(first)))
				continue
			}
			labels[d.label] = d.header
			if !l.expand(d, &fs) {
				return l.transactions
			}
		}
	}
	return l.transactions
}

// expand adds the transactions of one block. It returns false when the limit
// is reached.
func (l *loader) expand(d *declared, fs *[attributes]formula) bool {
	r, n := row{}, 1
	if f := d.fields[attrForEach]; f.kind != absent {
		r.in = l.forEach(f)
		n = r.in.len()
	}
	if len(l.transactions)+n > maxRows {
		l.add(toHCL(d.header), "Too many transactions", "With this block the configuration has more than %d transactions, the most that one plan can hold. Split it into several folders.", maxRows)
		return false
	}
	l.transactions = slices.Grow(l.transactions, n)
	l.formulas(d, r.in, fs)
	for r.i = range n {
		if t, ok := l.instance(d, fs, r); ok {
			l.transactions = append(l.transactions, t)
		} else {
			l.leftOut = true
		}
	}
	return true
}

// formulas compiles the attributes of a block, all but for_each.
func (l *loader) formulas(d *declared, in *instances, fs *[attributes]formula) {
	for a := range attrForEach {
		c := &fs[a]
		if a == attrTransact {
			l.noteTransact(d.fields[a], in)
		}
		*c = l.compile(a, d.fields[a], in)
		if !c.fixed {
			continue
		}
		c.result = c.check(l, c.result, row{})
		if c.result.kind == notWritten && l.lacks(a, d, row{}) {
			c.result = result{}
		}
	}
}

// lacks says that an attribute is missing, if it must be there.
func (l *loader) lacks(a attribute, d *declared, r row) bool {
	place := toHCL(d.header)
	switch {
	case a == attrOrderID:
		l.missing(place, "orderid", "the order id that the payment was made with, as in orderid = \"11223344\"", r)
	case a == attrAmount:
		l.missing(place, "amount", "the authorised amount, as in amount = \"200.00 DKK\"", r)
	case a == attrMerchant && len(l.merchants) > 1:
		l.missing(place, "merchant", "there are several merchants, so it must say which one, as in merchant = merchant."+l.anyMerchant(), r)
	default:
		return false
	}
	return true
}

// forEach works out what a block stands for: nothing after a mistake.
func (l *loader) forEach(f field) *instances {
	place := toHCL(f.rng)
	if f.kind != expression {
		l.add(place, "Wrong type", "%s", forEachNeeds)
		return l.noInstances()
	}
	if t, is := l.tableOf(f.expr); is {
		if t == nil {
			return l.noInstances()
		}
		return &instances{table: t, direct: true}
	}
	var v cty.Value
	ok := false
	tables := mergeTables(l.tablesBehind(f.expr), l.tablesRead(func() {
		if p, prepared := l.prepare(f.expr, scope{values: true}); prepared {
			v, ok = l.value(p, nil, row{})
		}
	}))
	if !ok {
		return l.noInstances()
	}
	return l.elements(v, tables, place)
}

const forEachNeeds = "for_each needs a table or a map, with one entry for each transaction: csv(\"FILE.csv\", \"COLUMN\"), a local value with such a table, or { KEY = VALUE, … }. A list of texts can be made a set with toset([…])."

// noInstances is what remains of a block after a mistake in its for_each.
func (l *loader) noInstances() *instances {
	l.leftOut = true
	return &instances{}
}

// elements takes the elements of a map or a set, in the order of the table
// that they come from when there is one, and else by key.
func (l *loader) elements(v cty.Value, tables []*keyedTable, place hcl.Range) *instances {
	t := v.Type()
	if v.IsNull() || !t.IsMapType() && !t.IsObjectType() && !(t.IsSetType() && (t.ElementType() == cty.String || v.LengthInt() == 0)) {
		l.add(place, "Wrong type", "%s This is %s.", forEachNeeds, kindOf(v))
		return l.noInstances()
	}
	in := &instances{}
	values := map[string]cty.Value{}
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if k.IsNull() || k.AsString() == "" || len(k.AsString()) > maxKey {
			l.add(place, "Invalid key", "Each key of for_each names one transaction, so it must have 1 to %d bytes.", maxKey)
			return l.noInstances()
		}
		in.keys = append(in.keys, k.AsString())
		values[k.AsString()] = e
	}
	if len(tables) == 1 {
		in.orderBy(tables[0])
	}
	for _, k := range in.keys {
		in.values = append(in.values, values[k])
	}
	return in
}

// instance evaluates one transaction. It returns false after a mistake.
func (l *loader) instance(d *declared, fs *[attributes]formula, r row) (Transaction, bool) {
	var v [attributes]result
	good := true
	for a := range attrForEach {
		v[a] = fs[a].checked(l, r)
		if v[a].kind == notWritten && !fs[a].fixed && l.lacks(a, d, r) {
			v[a] = result{}
		}
		good = good && v[a].kind != failed
	}
	if !good {
		return Transaction{}, false
	}
	t := Transaction{
		Address:     address("transaction", d.label, r),
		Transact:    v[attrTransact].text,
		OrderID:     v[attrOrderID].text,
		Amount:      v[attrAmount].amount,
		Captured:    v[attrCaptured].total(),
		Refunded:    v[attrRefunded].total(),
		Cancelled:   v[attrCancelled].flag,
		Reauthorise: v[attrReauthorise].flag,
		Reason:      v[attrReason].text,
		Source:      d.header,
		Places: Places{
			Transact:    fromHCL(v[attrTransact].place),
			OrderID:     fromHCL(v[attrOrderID].place),
			Amount:      fromHCL(v[attrAmount].place),
			Captured:    fromHCL(v[attrCaptured].place),
			Refunded:    fromHCL(v[attrRefunded].place),
			Cancelled:   fromHCL(v[attrCancelled].place),
			Reauthorise: fromHCL(v[attrReauthorise].place),
		},
	}
	t.Merchant = l.merchantID(v[attrMerchant])
	return t, l.consistent(&t)
}

// total is what captured or refunded should be.
func (v result) total() Total {
	if v.kind == notWritten {
		return Total{}
	}
	return Total{Declared: true, Full: v.full, Amount: v.amount}
}

// address names what a block stands for: transaction.order_1001, or
// transaction.recall["11111111"].
func address(block, label string, r row) string {
	if r.in == nil {
		return block + "." + label
	}
	key := r.in.keyOf(r.i)
	if strings.ContainsFunc(key, func(c rune) bool { return c == '"' || c == '\\' || !strconv.IsPrint(c) }) {
		return block + "." + label + "[" + strconv.Quote(key) + "]"
	}
	return block + "." + label + `["` + key + `"]`
}

// merchantID is the id of the merchant that a transaction names, or of the
// only one.
func (l *loader) merchantID(v result) string {
	if v.kind == ownMerchant {
		return l.merchants[v.text].ID
	}
	for _, m := range l.merchants {
		return m.ID // the only one; without any, that is said elsewhere
	}
	return ""
}

// anyMerchant is the name of one merchant, for an example.
func (l *loader) anyMerchant() string {
	name := ""
	for n := range l.merchants {
		if name == "" || n < name {
			name = n
		}
	}
	return name
}

package schema

// onceCharged checks that no ticket is declared twice, as a ticket or as a
// payment, and that no order is: an order of a merchant is charged once, ever.
// A transaction with the order id of a charge is the payment that the charge
// makes; then it has its amount.
func (l *loader) onceCharged(c *Config) {
	if len(c.Tickets) == 0 {
		return
	}
	payments, orders := map[[2]string]*Transaction{}, map[[2]string][]*Transaction{}
	for i := range c.Transactions {
		t := &c.Transactions[i]
		if t.Transact != "" {
			payments[[2]string{t.Merchant, t.Transact}] = t
		}
		order := [2]string{t.Merchant, t.OrderID}
		orders[order] = append(orders[order], t)
	}
	tickets, charges := map[[2]string]*Ticket{}, map[[2]string]*Charge{}
	for i := range c.Tickets {
		t := &c.Tickets[i]
		key := [2]string{t.Merchant, t.Ticket}
		if first := tickets[key]; first != nil {
			l.add(toHCL(t.Places.Ticket), "Ticket declared twice", "%s is the same ticket as %s at %s: both have the number %s. What is to become of it must stand in one place. Put the charges into one block, and delete the other.",
				t.Address, first.Address, where(toHCL(first.Places.Ticket)), t.Ticket)
			continue
		}
		tickets[key] = t
		if p := payments[key]; p != nil {
			l.add(toHCL(t.Places.Ticket), "Ticket and transaction", "%s and %s at %s have the same number, %s. It is a stored card or a payment: delete the block that is wrong.",
				t.Address, p.Address, where(toHCL(p.Places.Transact)), t.Ticket)
		}
		for j := range t.Charges {
			l.chargedOnce(t, &t.Charges[j], charges, orders)
		}
	}
}

func (l *loader) chargedOnce(t *Ticket, c *Charge, charges map[[2]string]*Charge, orders map[[2]string][]*Transaction) {
	order := [2]string{t.Merchant, c.OrderID}
	if first := charges[order]; first != nil {
		l.add(toHCL(c.Places.OrderID), "Order charged twice", "%s has the order id %q, and so has %s at %s. An order is charged once, and the gateway refuses it a second time. Give each charge an order id of its own, or delete one of the two.",
			c.Address, c.OrderID, first.Address, where(toHCL(first.Places.OrderID)))
		return
	}
	charges[order] = c
	for _, p := range orders[order] {
		if p.Amount != c.Amount {
			l.add(toHCL(c.Places.Amount), "Amounts differ", "%s makes the payment of order %q with %s, and %s at %s expects it with %s. Write the same amount in both, or give the charge an order id of its own.",
				c.Address, c.OrderID, c.Amount, p.Address, where(toHCL(p.Places.Amount)), p.Amount)
		}
	}
}

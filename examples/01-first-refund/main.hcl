# Three transactions, one of each action. Run it from the root of the repository:
#
#   go run . apply examples/01-first-refund

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox" # the built-in gateway: no real money moves
}

sandbox {
  seed = "transactions.csv"
}

# Shipped today: take what was authorised.
transaction "order_1001" {
  transact = "11111111"
  orderid  = "11223344"
  amount   = "349.00 DKK"
  captured = full
  reason   = "shipped 2026-11-20"
}

# One of four shirts came back. The total is cumulative: to give 30.00 more
# later, write 80.00.
transaction "order_1002" {
  transact = "11111112"
  orderid  = "11223345"
  amount   = "200.00 DKK"
  captured = full
  refunded = "50.00 DKK"
  reason   = "RMA 4411: one of four returned"
}

# Found by order id and amount: the transact number may be left out.
transaction "order_1003" {
  orderid   = "11223346"
  amount    = "80.00 DKK"
  cancelled = true
  reason    = "out of stock"
}

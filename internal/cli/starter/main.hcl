# What state each transaction should be in. "flexform plan" shows what would be
# called to get there; "flexform apply" calls it.

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox" # the built-in gateway: no real money moves
}

# What the built-in gateway starts with. A real gateway ignores this block.
sandbox {
  seed = "transactions.csv"
}

transaction "order_11223344" {
  transact = "11111111"
  orderid  = "11223344"
  amount   = "200.00 DKK" # what was authorised
  refunded = "50.00 DKK"  # the total to have been given back, ever
  reason   = "one of four returned"
}

transaction "order_11223345" {
  orderid   = "11223345"
  amount    = "80.00 DKK"
  cancelled = true
  reason    = "out of stock"
}

transaction "order_11223346" {
  orderid  = "11223346"
  amount   = "1250.50 SEK"
  captured = full
  reason   = "shipped"
}

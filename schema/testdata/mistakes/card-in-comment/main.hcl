merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

# card 5500-0000-0000-0004
transaction "order_1001" {
  orderid = "1001"
  amount  = "200.00 DKK"
}

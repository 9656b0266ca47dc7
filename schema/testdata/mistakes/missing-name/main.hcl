merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction {
  orderid = "1"
  amount  = "1.00 DKK"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "a" {
  orderid = "1001"
  amount  = "200.00 DKK"

transaction "b" {
  orderid = "1001"
  amount  = "200.00 DKK"
}

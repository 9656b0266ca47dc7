merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "a" "b" {
  orderid = "1"
  amount  = "1.00 DKK"
}

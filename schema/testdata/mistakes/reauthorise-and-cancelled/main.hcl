merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "order_1001" {
  orderid = "1001"
  amount  = "200.00 DKK"
  cancelled   = true
  reauthorise = true
}

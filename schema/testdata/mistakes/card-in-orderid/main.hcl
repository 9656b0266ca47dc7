merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "order_1001" {
  orderid = "4111111111111111"
  amount  = "200.00 DKK"
}

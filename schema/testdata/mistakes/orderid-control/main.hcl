merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "order_1001" {
  orderid = "10\t01"
  amount  = "200.00 DKK"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "order_1001" {
  orderid = "a${local.x"
  amount  = "1.00 DKK"
}

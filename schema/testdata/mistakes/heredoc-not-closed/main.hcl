merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "order_1001" {
  orderid = "1"
  amount  = "1.00 DKK"
  reason  = <<END
  text
}

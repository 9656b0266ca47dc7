merchant "shop" {
  id       = "12-34"
  gateway  = "http://example.com"
  password = "x"
}

transaction "order_1001" {
  orderid = ""
  amount = "1.0 DKK"
  captured = 5
  refunded = "1.00 XYZ"
  cancelled = "no"
  transact = "1"
  reason = var.x
  colour = "red"
}

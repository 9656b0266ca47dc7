merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "order_1001" {
  orderid  = "1001"
  amount   = "0.00 DKK"
  captured = full
}

transaction "order_1002" {
  orderid  = "1002"
  amount   = minor(0, "DKK")
  refunded = "0.00 DKK"
}

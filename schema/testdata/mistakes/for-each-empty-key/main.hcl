merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "recall" {
  for_each = { "" = "x" }
  orderid  = each.value
  amount   = "1.00 DKK"
}

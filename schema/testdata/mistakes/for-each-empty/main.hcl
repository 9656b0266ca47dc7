merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "recall" {
  for_each = null
  orderid  = each.key
  amount   = "1.00 DKK"
}

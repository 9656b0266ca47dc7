merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "x" {
  for_each = { "41111111" = "11111111" }
  orderid  = "${each.key}${each.value}"
  amount   = "1.00 DKK"
}

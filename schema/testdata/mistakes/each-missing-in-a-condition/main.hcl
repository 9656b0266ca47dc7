merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "recall" {
  for_each = { a = { orderid = "1001" } }
  orderid  = each.value.order == "" ? "x" : "y"
  amount   = "1.00 DKK"
}

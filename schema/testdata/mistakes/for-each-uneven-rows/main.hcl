merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "recall" {
  for_each = { a = { orderid = "1001", amount = 5 }, b = { orderid = null }, c = null, d = "x" }
  orderid  = each.value.orderid
  amount   = "${each.value.amount} DKK"
}

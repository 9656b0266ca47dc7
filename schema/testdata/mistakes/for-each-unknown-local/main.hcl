merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "recall" {
  for_each = local.recal
  transact = each.key
  orderid  = each.value.orderid
  amount   = "1.0 DKK"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "recall" {
  for_each = csv("recall.csv", "transact")
  transact = each.key
  orderid  = each.value.orderid
  amount   = "${each.value.amount} ${each.value.currency}"
  refunded = full
}

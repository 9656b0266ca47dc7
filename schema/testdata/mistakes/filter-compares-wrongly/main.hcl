merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "recall" {
  for_each = { for k, r in csv("recall.csv", "transact") : k => r if r.amount > "x" }
  transact = each.key
  orderid  = each.value.orderid
  amount   = "${each.value.amount} ${each.value.currency}"
}

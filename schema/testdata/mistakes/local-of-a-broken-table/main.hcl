merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  t = csv("recall.csv", "transact")
  n = length(local.t)
}
transaction "order_1001" {
  orderid = "o${local.n}"
  amount  = "1.00 DKK"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  a = 1
}
transaction "order_1001" {
  orderid = join("", keys(local))
  amount  = "1.00 DKK"
}

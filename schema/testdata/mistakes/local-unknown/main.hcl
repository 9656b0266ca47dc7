merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  batch = "1"
}

transaction "order_1001" {
  orderid = local.bacth
  amount  = "200.00 DKK"
}

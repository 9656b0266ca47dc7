merchant "shop" {
  id = local.id
}

locals {
  x = 1
}

transaction "x" {
  orderid = "1001"
  amount  = "200.00 DKK"
}

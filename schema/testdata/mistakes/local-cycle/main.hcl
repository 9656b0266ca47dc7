merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  a = "x${local.b}"
  b = "${local.c}"
  c = local.a
  d = local.a
}

transaction "order_1001" {
  orderid = local.d
  amount  = "200.00 DKK"
}

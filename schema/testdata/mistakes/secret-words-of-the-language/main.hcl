merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  columns = { key = "transact" }
  table   = csv("/etc/passwd", "transact")
}

transaction "order_1001" {
  transact = 11111111
  orderid  = "1001"
  amount   = "200.00 DKK"
  refundd  = full
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  a = { x = 1 }["y"]
}

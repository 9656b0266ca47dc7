merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  a = 1 / 0
}

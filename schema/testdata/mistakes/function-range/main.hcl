merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  r = range(5000)
}

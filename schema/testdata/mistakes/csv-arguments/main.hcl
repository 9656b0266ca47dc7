merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  a = csv(null, "transact")
  b = csv("recall.csv", 7)
  c = csv("", "transact")
  d = csv(local.nothing, "transact")
}

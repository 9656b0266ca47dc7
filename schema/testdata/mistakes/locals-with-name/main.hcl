merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals "x" {
  a = 1
  b {
  }
}

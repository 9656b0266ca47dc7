merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

merchant "again" {
  id      = "012345678"
  gateway = "sandbox"
}

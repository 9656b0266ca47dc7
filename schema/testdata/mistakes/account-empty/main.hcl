merchant "shop" {
  id      = "12345678"
  account = ""
  gateway = "sandbox"
}


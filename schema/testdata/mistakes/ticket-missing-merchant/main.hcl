merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

merchant "cafe" {
  id      = "12345679"
  gateway = "sandbox"
}

ticket "gold_4711" {
  ticket  = "270000543"
  deleted = true
}

merchant "shop" {
  id            = "12345678"
  settle_window = 600
}

merchant "toy" {
  id            = "12345679"
  gateway       = "sandbox"
  settle_window = "1s"
}

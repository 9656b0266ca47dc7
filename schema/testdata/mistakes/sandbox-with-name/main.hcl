sandbox "x" {
  seed = "../seed.csv"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}


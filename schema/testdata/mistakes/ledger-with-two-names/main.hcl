ledger "file" "x" {
  path = 7
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}


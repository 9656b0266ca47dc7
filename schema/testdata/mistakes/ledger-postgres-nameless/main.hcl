ledger "postgres" {
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

ledger "file" {
}

ledger "file" {
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}


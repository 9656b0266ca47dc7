ledger "postgres" {
  name     = "my shop"
  schema   = ""
  database = "postgres://flexform:hunter2hunter2@db.example.com/payments"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

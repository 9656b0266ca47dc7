ledger "postgres" {
  name     = "shop"
  host     = "db.example.com"
  user     = "flexform"
  password = "hunter2hunter2"
  dsn      = "postgres://flexform:hunter2hunter2@db.example.com/payments"
  path     = "flexform.ledger"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

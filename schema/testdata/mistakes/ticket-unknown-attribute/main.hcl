merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

ticket "gold_4711" {
  tiket  = "270000543"
  delted = true
  charge "2026-11" {
    ordrid  = "G-4711-2026-11"
    amount  = "99.00 DKK"
    captured = full
  }
}

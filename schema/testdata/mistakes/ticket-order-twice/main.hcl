merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

ticket "gold_4711" {
  ticket = "270000543"
  charge "2026-11" {
    orderid = "G-2026-11"
    amount  = "99.00 DKK"
  }
}

ticket "gold_4712" {
  ticket = "270000544"
  charge "2026-11" {
    orderid = "G-2026-11"
    amount  = "49.00 DKK"
  }
  charge "2026-12" {
    orderid = "G-2026-12"
    amount  = "49.00 DKK"
  }
}

transaction "december" {
  orderid  = "G-2026-12"
  amount   = "50.00 DKK"
  captured = full
}

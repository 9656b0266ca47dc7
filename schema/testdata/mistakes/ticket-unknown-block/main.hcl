merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

ticket "gold_4711" {
  ticket = "270000543"
  charges "2026-11" {
  }
  charge "2026-12" {
    orderid = "G-4711-2026-12"
    amount  = "99.00 DKK"
    refund {
    }
  }
  reason {
  }
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

ticket "gold_4711" {
  ticket  = "27-543"
  deleted = "yes"
  charge "2026-10" {
    orderid = ""
    amount  = "99 kr"
    capture = 1
  }
  charge "2026-11" {
    orderid = "G-4711-2026-11"
    amount  = "0.00 DKK"
  }
  charge "2026-12" {
    orderid = "G-4711-2026-12"
    amount  = full
  }
}

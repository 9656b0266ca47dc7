merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

ticket "gold_4711" {
  ticket = "270000543"
  charge "2026-11" {
    orderid = "G-4711-2026-11"
    amount  = "99.00 DKK"
  }
  charge "2026-11" {
    orderid = "G-4711-2026-12"
    amount  = "99.00 DKK"
  }
  charge {
    orderid = "G-4711-2027-01"
    amount  = "99.00 DKK"
  }
  charge "2027" "02" {
    orderid = "G-4711-2027-02"
    amount  = "99.00 DKK"
  }
  charge "March 2027" {
    orderid = "G-4711-2027-03"
    amount  = "99.00 DKK"
  }
}

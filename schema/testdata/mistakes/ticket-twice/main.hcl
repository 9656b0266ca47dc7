merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

ticket "gold_4711" {
  ticket  = "270000543"
  deleted = true
}

ticket "gold_4711" {
  ticket  = "270000544"
  deleted = true
}

ticket "silver" {
  ticket  = "270000543"
  deleted = true
}

transaction "order_1001" {
  transact = "270000543"
  orderid  = "1001"
  amount   = "1.00 DKK"
  captured = full
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "order_1001" {
  orderid = "1001"
  amount  = "200.00 DKK"
  transact = "11111111"
}

transaction "order_1002" {
  orderid = "1002"
  amount = "5.00 DKK"
  transact = "11111111"
}

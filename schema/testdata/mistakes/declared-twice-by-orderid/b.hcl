transaction "again" {
  orderid = "1001"
  amount  = "200.00 DKK"
  transact = "11111111"
}

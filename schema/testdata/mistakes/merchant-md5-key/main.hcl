merchant "shop" {
  id      = "12345678"
  md5_key2 = "0123456789abcdef"
  gateway = "sandbox"
}

transaction "order_1001" {
  orderid = "1001"
  amount  = "200.00 DKK"
}

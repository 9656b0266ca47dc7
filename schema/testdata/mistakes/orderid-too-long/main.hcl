merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

transaction "order_1001" {
  orderid = "ORDER-ORDER-ORDER-ORDER-ORDER-ORDER-ORDER-ORDER-ORDER-"
  amount  = "200.00 DKK"
}

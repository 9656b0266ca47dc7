merchant "shop" {
  id      = "12345678"
  gateway = "https://me:hunter2@pay.example.com/"
}

transaction "order_1001" {
  orderid = "1001"
  amount  = "200.00 DKK"
}

merchant "shop" {
  id      = "12345678"
  pace    = { concurrency = 0, interval = "fast", burst = 3 }
  gateway = "sandbox"
}

transaction "order_1001" {
  orderid = "1001"
  amount  = "200.00 DKK"
}

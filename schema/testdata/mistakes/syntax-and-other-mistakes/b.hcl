transaction "broken" {
  orderid = = "1"
  amount = "1.00 DKK"
}

transaction "fine" {
  orderid = "1001"
  amount  = "200.00 DKK"
  captured = "900.00 DKK"
}

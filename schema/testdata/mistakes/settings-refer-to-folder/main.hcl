locals {
  id = "1"
}
transaction "order_1001" {
  orderid = "1001"
  amount  = "200.00 DKK"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

variable "o" {}

transaction "order_1001" {
  orderid = var.o
  amount  = "200.00 DKK"
}

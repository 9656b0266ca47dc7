transaction "other" {
  orderid = local.gone
  amount = "1.0 DKK"
}

merchant "shop" {
  id = "12345678"
}

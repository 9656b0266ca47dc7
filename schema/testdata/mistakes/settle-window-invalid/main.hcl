merchant "shop" {
  id            = "12345678"
  settle_window = "1m59s"
}

merchant "outlet" {
  id            = "12345679"
  settle_window = "24h1s"
}

merchant "kiosk" {
  id            = "12345680"
  settle_window = "ten minutes"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

ticket "gold_4711" {
  charge "2026-11" {
    capture = true
  }
}

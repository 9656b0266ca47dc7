merchant "shop" {
  id      = "12345678"
  pace    = "fast"
  gateway = "sandbox"
}


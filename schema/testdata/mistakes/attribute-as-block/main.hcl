merchant "shop" {
  id = "12345678"

  pace {
    concurrency = 1
  }
}

sandbox {
}
sandbox {
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}


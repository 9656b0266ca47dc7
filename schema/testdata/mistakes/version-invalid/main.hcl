flexform {
  required_version = "the newest"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}


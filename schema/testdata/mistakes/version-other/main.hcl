flexform {
  required_version = ">= 2.0"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}


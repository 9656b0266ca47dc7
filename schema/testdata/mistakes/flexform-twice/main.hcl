flexform {
  required_version = ">= 0.1"
}

flexform {
  version = "1"
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}


merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  password = "hunter2"
}

variable "md5_key" {
}

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

variable "a" {
  default = local.x
}

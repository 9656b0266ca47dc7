merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

variable "batch" {
  default = "1"
}

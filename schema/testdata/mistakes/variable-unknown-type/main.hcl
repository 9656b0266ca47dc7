merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

variable "count" {
  type    = text
  default = "1"
}

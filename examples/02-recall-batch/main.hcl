# A recall: every buyer of one article gets everything back. 500 refunds in five
# currencies, from the shop's own list.
#
#   go run . plan --out recall.json examples/02-recall-batch
#   go run . show recall.json
#   go run . apply recall.json

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox" # the built-in gateway: no real money moves
}

sandbox {
  seed = "transactions.csv"
}

variable "batch" {
  type        = string
  default     = "2026-11"
  description = "month of the recall; names the list"
}

locals {
  recall = csv("recall-${var.batch}.csv", "transact") # rows by that column
}

transaction "recall" {
  for_each = local.recall

  transact = each.key
  orderid  = each.value.orderid
  amount   = "${each.value.amount} ${each.value.currency}"
  refunded = full
  reason   = "recall ${var.batch}: ${each.value.article}"
}

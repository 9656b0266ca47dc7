merchant "shop" {
  id      = "12345678"
  gateway = "sandbox"
}

locals {
  renewals = csv("renewals.csv", "ticket")
}

ticket "renewal" {
  for_each = local.renewals
  ticket   = each.key
  charge "2026-11" {
    orderid = each.value.orderid
    amount  = "${each.value.amount} DKK"
    reason  = each.value.reson
  }
}

ticket "again" {
  for_each = csv("again.csv", "ticket")
  ticket   = each.key
  charge "2026-11" {
    orderid = each.value.orderid
    amount  = "${each.value.amount} DKK"
  }
}

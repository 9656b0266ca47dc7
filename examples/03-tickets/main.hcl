# Stored cards: renewals of memberships, and a card to forget. Run it from the
# root of the repository:
#
#   go run . apply examples/03-tickets

merchant "shop" {
  id      = "12345678"
  gateway = "sandbox" # the built-in gateway: no real money moves
}

sandbox {
  seed = "transactions.csv"
}

# A ticket is a card that a customer stored. Each charge makes a payment of its
# own, once, ever: for another month add another charge.
ticket "gold_4711" {
  ticket = "270000543"
  reason = "gold membership"

  charge "2026-11" {
    orderid = "G-4711-2026-11"
    amount  = "99.00 DKK"
    capture = true # take the money at once; otherwise it is only authorised
  }
}

# All renewals of the month, one row each.
locals {
  renewals = csv("renewals-2026-11.csv", "ticket")
}

ticket "renewal" {
  for_each = local.renewals
  ticket   = each.key

  charge "2026-11" {
    orderid = each.value.orderid
    amount  = "${each.value.amount} ${each.value.currency}"
    reason  = "renewal ${each.value.plan}"
  }
}

# A ticket that is not needed any more is deleted, for good.
ticket "old_card" {
  ticket  = "270000544"
  deleted = true
  reason  = "customer left"
}

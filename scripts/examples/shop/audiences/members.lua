-- Who counts as what, so that campaigns agree on it.
audience "members" (attr "loyalty.tier":one_of { "silver", "gold" })

audience "newcomers" (function(p) return p.orders.count == nil or p.orders.count == 0 end)

-- Bought once, and not since the summer.
audience "lapsed" (all {
  attr "orders.count":ge(1),
  attr "orders.last":lt "2026-07-01",
})

audience "app behind" (attr "app.version":semver "<3.2.0")

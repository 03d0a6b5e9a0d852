-- The app's cart: free-shipping, picks and app-update, merged key by key under one schema.
test "every campaign sets its own keys, the best ranked sets the title" (function(t)
  t:at "2026-11-10T10:00"
  t:activate_all()
  t:advance "15m"
  local gold = t:profile {
    loyalty = { tier = "gold" }, cart = { total = 42.5 },
    viewed = { "linen-shade", "arc-floor-lamp", "linen-shade" }, app = { version = "3.1.4" },
  }
  gold:on "banner":shows { "loyalty-discount", "free-shipping", "picks", "app-update" }
  gold:on "banner":content {
    title = "Thank you for being a member", discount = 10,
    shipping = "Only 17.50 EUR to free shipping",
    items = { "linen-shade", "arc-floor-lamp" },
    notice = "Update the app to pay with Wero (you have 3.1.4).",
  }
end)

cases "free-shipping" { on = "banner", at = "2026-11-10T10:00",
  { "cart.total", "shows" },
  { 0.01,         "free-shipping" },
  { 59.99,        "free-shipping" },
  { 60,           "nothing" },
  { 0,            "nothing" },
  { nil,          "nothing" },
}

test "picks: the last three different products, the latest first" (function(t)
  t:at "2026-11-10T10:00"
  t:activate "picks"
  local seen = t:profile { viewed = { "solar-lantern", "linen-shade", "arc-floor-lamp", "linen-shade", "brass-wall-light" } }
  seen:on "banner":content { title = "For you", items = { "brass-wall-light", "linen-shade", "arc-floor-lamp" } }
  t:profile({ viewed = { "linen-shade" } }):on "banner":content { title = "For you", items = { "linen-shade" } }
  t:profile({ viewed = array {} }):on "banner":content { title = "For you", items = array {} }
  t:profile({}):on "banner":shows_default()
  t:profile({ viewed = "linen-shade" }):on "banner":shows_default()
end)

cases "app-update" { on = "banner", at = "2026-11-10T10:00",
  { "app.version", "shows" },
  { "3.1.9",       "app-update" },
  { "3.2.0-beta",  "app-update" },
  { "3.2.0",       "nothing" },
  { "10.0.0",      "nothing" },
  { "unknown",     "nothing" },
  { nil,           "nothing" },
}

test "the notice never takes the title from an offer" (function(t)
  t:at "2026-11-10T10:00"
  t:activate_all()
  t:profile { cart = { total = 30 }, app = { version = "3.1.4" } }:on "banner":content {
    title = "Nearly there", shipping = "Only 30.00 EUR to free shipping",
    notice = "Update the app to pay with Wero (you have 3.1.4).",
  }
end)

test "an empty cart of a stranger is the default" (function(t)
  t:at "2026-11-10T10:00"
  t:activate_all()
  t:profile({}):on "banner":shows_default():content { title = "Your cart" }
end)

-- A case or two of each idea; copy them with it.
cases "loyalty decides the discount" { on = "hero", at = "2026-10-06T10:00",
  { "loyalty.tier", "loyalty.points", "shows" },
  { "gold",          0,               "loyalty-discount" },
  { "silver",        500,             "loyalty-discount" },
}
test "silver alone is not enough" (function(t)
  t:activate_all()
  t:at "2026-10-06T10:00"
  t:profile { loyalty = { tier = "silver", points = 499 } }:on "hero":must_not_show "loyalty-discount"
  t:profile { loyalty = { tier = "gold" } }:on "hero":content "<h1>10 % for you</h1>"
end)

test "recommended is what was looked at most, and nobody is recommended nothing" (function(t)
  t:activate "recommendations"
  t:at "2026-10-06T10:00"
  t:profile { viewed = { "rug", "lamp", "lamp" } }:on "banner":content { title = "For you", items = { "lamp", "rug" } }
  t:profile {}:on "banner":shows_nothing()
end)

test "a cart is waiting from an hour on, for two days, where we may say so" (function(t)
  t:activate "abandoned-cart"
  local ann = t:profile { cart = { total = 40, updated = "2026-10-06T08:00:00Z" }, consent = { marketing = true } }:on "banner"
  t:at "2026-10-06T08:59:00Z"; ann:must_not_show "abandoned-cart"
  t:at "2026-10-06T09:00:00Z"; ann:content { title = "Your cart is waiting", total = 40 }
  t:profile { cart = { total = 40, updated = "2026-10-06T08:00:00Z" } }:on "banner":must_not_show "abandoned-cart"
  t:at "2026-10-08T08:00:00Z"; ann:must_not_show "abandoned-cart"
end)

test "ninety days without an order" (function(t)
  t:activate "reactivation"
  t:at "2026-10-06T10:00"
  t:profile { last_order = "2026-07-07T09:00:00Z", person = { name = "Ann" } }:on "hero":content "<h1>We have missed you, Ann</h1>"
  t:profile { last_order = "2026-07-10T09:00:00Z" }:on "hero":must_not_show "reactivation"
  t:profile {}:on "hero":must_not_show "reactivation"
end)

test "the weather chooses the text" (function(t)
  t:activate "umbrella"
  t:at "2026-10-06T10:00"
  t:profile { weather = { kind = "snow" } }:on "hero":content "<h1>Warm boots</h1>"
  t:profile { weather = { kind = "rain" } }:on "hero":content "<h1>Umbrellas, dry by noon</h1>"
  t:profile { weather = { kind = "sun" } }:on "hero":must_not_show "umbrella"
end)

cases "few pieces are worth a word, none are not" { on = "banner", at = "2026-10-06T10:00",
  { "stock.left", "shows" },
  { 5,            "last-pieces" },
  { 1,            "last-pieces" },
}
test "no piece is none" (function(t)
  t:activate "last-pieces"
  t:at "2026-10-06T10:00"
  t:profile { stock = { left = 0 } }:on "banner":must_not_show "last-pieces"
  t:profile { stock = { left = 6 } }:on "banner":must_not_show "last-pieces"
  t:profile { stock = { left = 3 } }:on "banner":content { title = "Only a few left", left = 3 }
end)

test "the season opens in the morning and knows its holidays" (function(t)
  t:activate "advent"
  local guest = t:profile {}:on "hero"
  t:at "2026-11-28T12:00"; guest:must_not_show "advent"
  t:at "2026-11-30T07:59"; guest:must_not_show "advent"
  t:at "2026-11-30T08:00"; guest:must_show "advent"
  t:at "2026-12-08T12:00"; guest:must_not_show "advent"
  t:at "2026-12-24T13:59"; guest:must_show "advent"
  t:at "2026-12-24T14:00"; guest:must_not_show "advent"
end)

test "the short form fits into a text message" (function(t)
  t:activate "parcel-ready"
  t:at "2026-10-06T10:00"
  local with = function(parcel) return t:profile({}, { context = { parcel = parcel } }):on "notice" end
  with("A-17"):content "Parcel A-17 is ready. Code in your order."
  with(string.rep("9", 200)):content "Your parcel is ready."
end)

test "a birthday is one day long, on the shop's clock" (function(t)
  t:activate "birthday"
  local ann = t:profile { person = { name = "Ann", born = "1990-10-06" } }:on "hero"
  t:at "2026-10-05T23:59"; ann:must_not_show "birthday"
  t:at "2026-10-06T00:00"; ann:content "<h1>Happy birthday, Ann!</h1>"
  t:at "2026-10-07T00:00"; ann:must_not_show "birthday"
end)

test "testers are in whatever their bucket" (function(t)
  t:activate "new-navigation"
  t:at "2026-10-06T10:00"
  t:profile({}, { identity = "c-17" }):on "banner":must_show "new-navigation"
  t:profile {}:on "banner":must_not_show "new-navigation"
end)

test "an experiment puts each identity into one treatment, always the same, and a tenth into none" (function(t)
  t:activate "headline-test"
  t:at "2026-10-06T10:00"
  t:profile({}, { identity = "crm:bob" }):on "hero":must_show "headline-test"
  t:at "2026-12-06T10:00"
  t:profile({}, { identity = "crm:bob" }):on "hero":must_show "headline-test"
end)

test "an old application is asked to update" (function(t)
  t:activate "update-app"
  t:at "2026-10-06T10:00"
  t:profile { app = { version = "3.1.9" } }:on "banner":must_show "update-app"
  t:profile { app = { version = "3.2.0" } }:on "banner":must_not_show "update-app"
  t:profile { app = { version = "10.0.0" } }:on "banner":must_not_show "update-app"
end)

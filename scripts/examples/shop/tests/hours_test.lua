-- Weekly windows over the changes of the clock in Europe/Paris: night-delivery and hotline, and
-- good-morning on the visitor's own clock.
local lamp = "web://shop.example/p/arc-floor-lamp#strip"

local function night(t)
  t:at "2026-10-20T12:00"
  t:activate "night-delivery"
  return t:profile { cart = { total = 30 } }:on "hero"
end

test "night-delivery: 22:00 to 03:00" (function(t)
  local guest = night(t)
  t:at "2026-10-20T21:59"; guest:shows_nothing { because = "closed: opens tue 22:00 Europe/Paris" }
  t:at "2026-10-20T22:00"; guest:must_show "night-delivery"
  t:at "2026-10-21T02:59"; guest:must_show "night-delivery"
  t:at "2026-10-21T03:00"; guest:must_not_show "night-delivery"
end)

test "night-delivery: the night of 25 October has six hours of it" (function(t)
  local guest = night(t)
  t:at "2026-10-24T19:59:59Z"; guest:must_not_show "night-delivery"
  t:at "2026-10-24T20:00:00Z"; guest:must_show "night-delivery"       -- 22:00 +02:00
  t:at "2026-10-25T00:59:59Z"; guest:must_show "night-delivery"       -- 02:59 +02:00, for the first time
  t:at "2026-10-25T01:00:00Z"; guest:must_show "night-delivery"       -- 02:00 +01:00, once more
  t:at "2026-10-25T01:59:59Z"; guest:must_show "night-delivery"
  t:at "2026-10-25T02:00:00Z"; guest:must_not_show "night-delivery"   -- 03:00 +01:00
  t:at "2026-10-25T21:00:00Z"; guest:must_show "night-delivery"       -- 22:00 +01:00
end)

test "night-delivery: the night of 28 March has four" (function(t)
  local guest = night(t)
  t:at "2027-03-27T20:59:59Z"; guest:must_not_show "night-delivery"
  t:at "2027-03-27T21:00:00Z"; guest:must_show "night-delivery"       -- 22:00 +01:00
  t:at "2027-03-28T00:59:59Z"; guest:must_show "night-delivery"       -- 01:59 +01:00
  t:at "2027-03-28T01:00:00Z"; guest:must_not_show "night-delivery"   -- 03:00 +02:00: 2:00 to 3:00 is skipped
  t:at "2027-03-28T20:00:00Z"; guest:must_show "night-delivery"       -- 22:00 +02:00
end)

test "night-delivery: couriers rest on Christmas Eve and New Year's Eve" (function(t)
  local guest = night(t)
  t:at "2026-12-23T23:59"; guest:must_show "night-delivery"
  t:at "2026-12-24T00:00"; guest:shows_nothing { because = "2026-12-24" }
  t:at "2026-12-24T23:00"; guest:must_not_show "night-delivery"
  t:at "2026-12-25T22:00"; guest:must_show "night-delivery"
end)

cases "night-delivery" { on = "hero", at = "2026-11-10T23:00",
  { "cart.total", "shows" },
  { 30,           "night-delivery" },
  { 29.99,        "newcomer" },
  { nil,          "hero-test" },
}

test "hotline: lunch is sacred, Sundays and holidays too" (function(t)
  t:at "2026-11-01T10:00"
  t:activate "hotline"
  local guest = t:profile {}:on(lamp)
  t:at "2026-11-10T07:59"; guest:must_not_show "hotline"
  t:at "2026-11-10T08:00"; guest:must_show "hotline"
  t:at "2026-11-10T12:29"; guest:must_show "hotline"
  t:at "2026-11-10T12:30"; guest:shows_nothing { because = "opens tue 13:30" }
  t:at "2026-11-10T13:30"; guest:must_show "hotline"
  t:at "2026-11-10T20:00"; guest:must_not_show "hotline"
  t:at "2026-11-11T10:00"; guest:shows_nothing { because = "closed on 2026-11-11" }
  t:at "2026-11-14T17:59"; guest:must_show "hotline"
  t:at "2026-11-15T10:00"; guest:must_not_show "hotline"
  guest:dropped("hotline", "opens mon 08:00")
end)

test "hotline: eight in the morning moves in UTC when the clock does" (function(t)
  t:at "2026-10-20T10:00"
  t:activate "hotline"
  local guest = t:profile {}:on(lamp)
  t:at "2026-10-23T06:00:00Z"; guest:must_show "hotline"         -- the Friday before: 08:00 +02:00
  t:at "2026-10-26T06:59:59Z"; guest:must_not_show "hotline"     -- the Monday after
  t:at "2026-10-26T07:00:00Z"; guest:must_show "hotline"         -- 08:00 +01:00
  t:at "2027-03-26T07:00:00Z"; guest:must_show "hotline"
  t:at "2027-03-29T08:00:00Z"; guest:must_not_show "hotline"     -- Easter Monday
  t:at "2027-03-30T05:59:59Z"; guest:must_not_show "hotline"
  t:at "2027-03-30T06:00:00Z"; guest:must_show "hotline"         -- 08:00 +02:00
end)

test "hotline: the number is an element of its own, beside the strip" (function(t)
  t:at "2026-11-10T10:00"
  t:activate_all()
  local gold = t:profile { loyalty = { tier = "gold" } }:on(lamp)
  gold:shows { "loyalty-discount", "hotline" }
  gold:contains("tel:+33142000000", "help")
end)

test "good-morning: it is seven somewhere else already" (function(t)
  t:at "2026-11-10T00:00"
  t:activate "good-morning"
  local paris = t:profile { interests = { "kitchen" } }
  local athens = paris:with { timezone = "Europe/Athens" }
  local lisbon = paris:with { timezone = "Europe/Lisbon" }
  t:at "2026-11-10T05:30"
  paris:on "hero":shows_nothing { because = "opens tue 06:00" }
  athens:on "hero":shows "good-morning"                          -- 06:30 there
  t:at "2026-11-10T08:30"
  paris:on "hero":shows "good-morning"
  athens:on "hero":shows_default()                               -- 09:30
  t:at "2026-11-10T09:30"
  lisbon:on "hero":shows "good-morning"                          -- 08:30
end)

cases "good-morning" { on = "hero", at = "2026-11-10T08:00",
  { "interests",              "shows" },
  { { "kitchen" },            "good-morning" },
  { { "sofas", "kitchen" },   "good-morning" },
  { { "sofas" },              "hero-test" },
  { nil,                      "hero-test" },
}

-- The stage through the winter: christmas-gifts, christmas-express, winter-sale, vip-evening,
-- spring-terrace follow each other by the clock alone.
local function through(t, id, surface)
  t:at "2026-11-20T10:00"
  t:activate_all()
  return t:profile({}, id):on(surface or "hero")
end

test "each scene takes over to the minute, on every node" (function(t)
  local guest = through(t, "customer:c-1")
  t:at "2026-11-26T23:59"; guest:must_show "hero-test"
  t:at "2026-11-27T00:00"; guest:must_show "christmas-gifts"
  t:at "2026-12-19T11:59"; guest:must_show "christmas-gifts"
  t:at "2026-12-19T12:00"; guest:must_show "christmas-express"; guest:must_not_show "christmas-gifts"
  t:at "2026-12-23T16:00"; guest:must_show "hero-test"; guest:must_not_show "christmas-express"
  t:at "2027-01-06T08:00"; guest:must_show "winter-sale"
  t:at "2027-02-02T23:59"; guest:must_show "hero-test"
  t:at "2027-03-01T06:00"; guest:must_show "spring-terrace"
  t:at "2027-05-01T00:00"; guest:must_show "hero-test"
end)

test "gifts speak French to the French, and know how long the parcel takes" (function(t)
  through(t, "customer:c-1")
  t:at "2026-12-02T10:00"
  local guest = t:profile { person = { language = "fr", country = "FR" } }
  guest:on "hero":contains "Des cadeaux qui éclairent"
  guest:on "hero":contains "in two days"
  guest:with({ person = { language = "de", country = "DE" } }):on "hero":contains "Gifts that light up"
  guest:with({ person = {} }):on "hero":contains "in four days"
end)

test "express names the last hour as the shop's clock shows it" (function(t)
  local guest = through(t, "customer:c-1")
  t:at "2026-12-20T10:00"
  guest:contains "until Wednesday 16:00"
end)

test "country shops play the same scenes, by the wildcard" (function(t)
  local belgian = through(t, "customer:c-1", "web://be.shop.example/nl/verlichting?utm_source=mail#hero")
  t:at "2026-12-02T10:00"
  belgian:shows "christmas-gifts"
  t:profile({}):on "web://myshop.example/#hero":shows_nothing()         -- somebody else's
  t:profile({}):on "web://shop.example/c/lamps#hero":shows_nothing()    -- not the home page
end)

cases "vip-evening" { on = "hero", at = "2027-01-05T20:00", identity = "customer:c-10233",
  { "person.name", "shows" },
  { "Samira",      "vip-evening" },
  { nil,           "vip-evening" },
}

test "the evening is for the list, and hands over to the sale in the morning" (function(t)
  t:at "2027-01-04T10:00"
  t:activate_all()
  local guest, stranger = t:profile({}, "customer:c-10233"), t:profile({}, "customer:c-1")
  t:at "2027-01-05T17:59"; guest:on "hero":must_not_show "vip-evening"
  t:at "2027-01-05T18:00"; guest:on "hero":must_show "vip-evening"
  guest:on "hero":contains "Good evening, the sale is yours tonight"
  stranger:on "hero":dropped("vip-evening", "vip.csv")
  t:at "2027-01-06T08:00"; guest:on "hero":must_show "winter-sale"
end)

test "nobody sees a price on the stage while paying" (function(t)
  t:at "2027-01-05T10:00"
  t:activate_all()
  t:at "2027-01-07T10:00"
  local paying = t:profile({}, { identity = "customer:c-1", context = { page = "checkout" } })
  paying:on "hero":shows "hero-test"
  paying:on "hero":dropped("winter-sale", "conflict policy of `hero`")
  t:profile({}, "customer:c-1"):on "hero":shows "winter-sale"
  t:at "2027-02-26T19:00"
  paying:on "hero":shows "hero-test":dropped("payday", "conflict policy of `hero`")
end)

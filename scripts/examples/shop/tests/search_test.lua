-- The ranking service: search-interests and search-season, one approver each.
test "interests that somebody came back to, most visits first" (function(t)
  t:at "2026-11-10T10:00"
  t:activate("search-interests", { approved_by = { "ann" } })
  t:profile {
    interests = { "kitchen", "floor-lamps", "kitchen", "sofas", "floor-lamps", "kitchen" }, viewed = { "linen-shade", "arc-floor-lamp" },
  }:on "search":content {
    boosts = { { category = "kitchen", factor = 1.375 }, { category = "floor-lamps", factor = 1.25 } },
    pins = { "arc-floor-lamp" },
  }
  t:profile { interests = { "sofas" } }:on "search":content { boosts = array {}, pins = array {} }
  -- Whoever came back more often goes first, also where it was seen later; after as many visits the name decides.
  t:profile { interests = { "sofas", "sofas", "kitchen", "kitchen", "kitchen" } }:on "search":content {
    boosts = { { category = "kitchen", factor = 1.375 }, { category = "sofas", factor = 1.25 } }, pins = array {},
  }
  t:profile { interests = { "sofas", "sofas", "kitchen", "kitchen" } }:on "search":content {
    boosts = { { category = "kitchen", factor = 1.25 }, { category = "sofas", factor = 1.25 } }, pins = array {},
  }
end)

test "what breaks the schema is dropped, and the next one takes its place" (function(t)
  t:at "2026-12-02T10:00"
  t:activate_all()
  t:advance "15m"
  local odd = t:profile { interests = { "Sofas & co", "Sofas & co" } }
  odd:on "search":shows "search-season"
  odd:on "search":dropped("search-interests", "boosts[0].category")
end)

cases "search" { on = "search", at = "2026-12-02T10:00",
  { "interests",              "shows" },
  { { "kitchen", "kitchen" }, "search-interests" },
  { nil,                      "search-season" },
}

test "outside December strangers get the neutral ranking" (function(t)
  t:at "2026-11-30T10:00"
  t:activate_all()
  local stranger = t:profile({}):on "search"
  stranger:shows_default():content { boosts = array {}, pins = array {} }
  t:at "2026-12-01T00:00"; stranger:must_show "search-season"
  t:at "2027-01-01T00:00"; stranger:must_not_show "search-season"
end)

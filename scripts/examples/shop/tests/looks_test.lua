-- How things look, whole: read tests/looks_test.snap when something here changes.
local function everything(t, time)
  t:at "2026-11-05T10:00"
  t:activate_all()
  t:at(time)
end
local amelie = {
  person = { name = "Amélie", language = "fr", country = "FR" }, loyalty = { tier = "gold" }, cart = { total = 42.5 }, orders = { count = 4, last = "2026-10-20" },
  viewed = { "linen-shade", "arc-floor-lamp", "brass-wall-light" }, interests = { "kitchen", "kitchen" }, newsletter = true, app = { version = "3.1.4" },
  pickup = { order = "CL-48213", store = "Lyon", ["until"] = "2026-12-04" },
}

for _, surface in ipairs { "hero", "web://shop.example/p/linen-shade#strip", "banner", "search", "kiosk", "sms", "email" } do
  test("a gold member in Advent, on " .. surface) (function(t)
    everything(t, "2026-12-03T17:00")
    t:profile(amelie, "customer:c-1"):on(surface):matches_snapshot()
  end)
end

test "a stranger in November" (function(t)
  everything(t, "2026-11-10T10:00")
  for _, surface in ipairs { "hero", "banner", "search", "kiosk", "email" } do t:profile({}, "customer:c-2"):on(surface):matches_snapshot(surface) end
end)

-- gold-hero: who, from when, and gone after a stop, on every node within the window.
local function gold(t)
  return t:profile({ loyalty = { tier = "gold" }, cart = { total = 60 }, person = { name = "Élodie" } }, "customer:c-1")
end

test "gold members see express shipping from the first minute, and nobody after a stop" (function(t)
  t:at "2026-12-01T08:00"
  t:activate("gold-hero", { approved_by = { "ann", "bob" } })
  local elodie = gold(t)
  elodie:on "hero":shows_nothing { because = "starts 2026-12-01T09:00 Europe/Paris" }
  t:at "2026-12-01T09:00"
  elodie:on "hero":must_show "gold-hero"          -- activated a window before its start: everywhere at once
  t:advance "2h"
  t:stop "gold-hero"
  elodie:on "hero":may_show "gold-hero"           -- some node may not have heard yet
  elodie:on "hero":shows_default()                -- the one that took the stop has
  t:advance "14m"
  elodie:on "hero":may_show "gold-hero"
  t:advance "1m"
  elodie:on "hero":must_not_show "gold-hero"
  local why = t:refused("experience_final", function() t:edit("gold-hero", { priority = 1 }) end)
  t:yes(why:contains "duplicate", why)
end)

test "the greeting has the name, and a polite word where there is none" (function(t)
  t:at "2026-12-01T08:00"
  t:activate("gold-hero", { approved_by = { "ann", "bob" } })
  t:at "2026-12-02T10:00"
  gold(t):on "hero":contains "Welcome back, Élodie"
  gold(t):with({ person = {} }):on "hero":contains "Welcome back, dear guest"
  gold(t):with({ person = { name = "<script>" } }):on "hero":contains "&lt;script&gt;"
  gold(t):on "hero":contains [[<a class="button" href="https://shop.example/cart">To your cart</a>]]
end)

test "it ends by itself on Christmas Eve, to the minute" (function(t)
  t:at "2026-12-01T08:00"
  t:activate("gold-hero", { approved_by = { "ann", "bob" } })
  t:at "2026-12-24T17:59"
  gold(t):on "hero":must_show "gold-hero"
  t:at "2026-12-24T18:00"
  gold(t):on "hero":must_not_show "gold-hero"
  t:equal(t:status("gold-hero").status, "completed")
end)

cases "gold-hero" { on = "hero", at = "2026-12-02T10:00", live = { "gold-hero" },
  { "loyalty.tier", "cart.total", "shows" },
  { "gold",         60,           "gold-hero" },
  { "gold",         50.01,        "gold-hero" },
  { "gold",         50,           "nothing" },
  { "gold",         nil,          "nothing" },
  { "silver",       60,           "nothing" },
  { nil,            60,           "nothing" },
  { "platinum",     60,           "nothing" },     -- no tier of ours: as if it were not there
  { "gold",         "60",         "nothing" },     -- a text is no amount
}

-- newcomer and welcome-back: the first order, and the one after a long while.
cases "newcomer" { on = "hero", at = "2026-11-10T10:00",
  { "orders.count", "cart.total", "shows" },
  { nil,            39,           "newcomer" },
  { 0,              39,           "newcomer" },
  { 1,              39,           "hero-test" },
  { 0,              0,            "hero-test" },
  { 0,              nil,          "hero-test" },
}

cases "welcome-back" { on = "hero", at = "2026-11-10T10:00", live = { "welcome-back" },
  { "orders.count", "orders.last", "newsletter", "shows" },
  { 2,              "2026-04-18",  true,         "welcome-back" },
  { 2,              "2026-07-01",  true,         "nothing" },
  { 2,              "2026-04-18",  false,        "nothing" },
  { 2,              "2026-04-18",  nil,          "nothing" },
  { nil,            nil,           true,         "nothing" },
}

test "the targeting policy keeps partners' pages and the unasked out, and says so" (function(t)
  t:at "2026-11-10T10:00"
  t:activate("welcome-back", { approved_by = { "ann", "bob" } })
  local attributes = { person = { name = "Joris" }, orders = { count = 2, last = "2026-04-18" }, newsletter = true }
  t:profile(attributes):on "hero":contains "It has been a while, Joris"
  t:profile(attributes, { identity = "customer:c-1", context = { channel = "partner" } }):on "hero"
    :shows_nothing { because = "the targeting policy answers false" }
  t:profile(attributes):with({ newsletter = false }):on "hero":dropped("welcome-back", "the targeting policy")
end)

test "the letter says when it was" (function(t)
  t:at "2026-11-10T10:00"
  t:activate("welcome-back", { approved_by = { "ann", "bob" } })
  t:profile { orders = { count = 2, last = "2026-04-18" }, newsletter = true }:on "email"
    :contains("Your last order was in April 2026", "offer")
end)

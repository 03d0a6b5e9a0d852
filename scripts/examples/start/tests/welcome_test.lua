-- The real engine on a virtual clock: run with `footlight test`.
test "gold members are greeted by name, others see the default" (function(t)
  t:at "2026-12-01T09:00"
  t:activate "welcome"
  t:profile({ loyalty = { tier = "gold" }, person = { name = "Ann" } }):on "hero":contains "Welcome back, Ann"
  t:profile({ loyalty = { tier = "silver" } }):on "hero":shows_default()
end)

cases "welcome" { on = "hero", at = "2026-12-02T10:00",
  { "loyalty.tier", "shows" },
  { "gold",         "welcome" },
  { "bronze",       "nothing" },
  { nil,            "nothing" },
}

-- payday: the last Friday of each month, 18:00 to midnight on Paris time, winter and summer.
test "six hours, on the last Friday only" (function(t)
  t:at "2026-11-20T10:00"
  t:activate("payday", { approved_by = { "ann", "bob" } })
  local guest = t:profile({}, "customer:c-1"):on "hero"
  t:at "2026-11-20T19:00"; guest:shows_nothing { because = "closed: opens 2026-11-27 18:00" }
  t:at "2026-11-27T17:59"; guest:must_not_show "payday"
  t:at "2026-11-27T18:00"; guest:must_show "payday"
  t:at "2026-11-27T23:59"; guest:must_show "payday"
  t:at "2026-11-28T00:00"; guest:must_not_show "payday"
  t:at "2026-12-25T18:00"; guest:must_show "payday"
end)

test "18:00 is 16:00 UTC before the clocks change, and 17:00 UTC after" (function(t)
  t:at "2026-09-01T10:00"
  t:activate("payday", { approved_by = { "ann", "bob" } })
  local guest = t:profile({}, "customer:c-1"):on "hero"
  t:at "2026-09-25T15:59:59Z"; guest:must_not_show "payday"
  t:at "2026-09-25T16:00:00Z"; guest:must_show "payday"
  t:at "2026-10-30T16:59:59Z"; guest:must_not_show "payday"
  t:at "2026-10-30T17:00:00Z"; guest:must_show "payday"
  t:at "2027-03-26T16:59:59Z"; guest:must_not_show "payday"      -- two days before the spring change
  t:at "2027-03-26T17:00:00Z"; guest:must_show "payday"
  t:at "2027-04-30T16:00:00Z"; guest:must_show "payday"
end)

cases "payday is for those without a discount of their own" { on = "hero", at = "2026-11-27T19:00", live = { "payday" },
  { "loyalty.tier", "shows" },
  { "gold",         "nothing" },
  { "silver",       "nothing" },
  { "bronze",       "payday" },
  { nil,            "payday" },
}

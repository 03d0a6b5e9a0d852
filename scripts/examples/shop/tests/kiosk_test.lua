-- The ticker: three lines at most, one of them about a price.
test "members' line in, display pieces out: one price at a time" (function(t)
  t:at "2026-11-10T10:00"
  t:activate_all()
  t:advance "15m"
  local ticker = t:profile {}:on "kiosk"
  ticker:shows { "kiosk-members", "kiosk-collect" }
  ticker:dropped("kiosk-outlet", "conflict policy of `kiosk`")
  ticker:content "Members take 5 % off every lamp: sign up at the till"
end)

test "without the members' line the display pieces have their turn" (function(t)
  t:at "2026-11-10T10:00"
  t:activate("kiosk-outlet", { approved_by = { "ann", "bob" } })
  t:activate "kiosk-collect"
  t:profile {}:on "kiosk://lyon/entrance#ticker":shows { "kiosk-outlet", "kiosk-collect" }
end)

test "no more than three lines" (function(t)
  t:at "2026-11-10T10:00"
  t:activate_all()
  local ticker = t:profile {}:on "kiosk://lille/entrance#ticker"
  t:at "2026-12-05T09:29"; ticker:shows { "kiosk-members", "kiosk-collect" }
  t:at "2026-12-05T09:30"; ticker:shows { "kiosk-workshop", "kiosk-members", "kiosk-collect" }
  t:at "2026-12-05T17:00"; ticker:shows { "kiosk-members", "kiosk-collect" }
end)

test "kiosk-workshop: first Saturdays" (function(t)
  t:at "2026-11-10T10:00"
  t:activate "kiosk-workshop"
  local ticker = t:profile {}:on "kiosk"
  t:at "2026-12-12T10:00"; ticker:must_not_show "kiosk-workshop"
  t:at "2027-01-02T10:00"; ticker:must_show "kiosk-workshop"
  ticker:content "Repair café at 14:00: bring the lamp, we bring the solder"
end)

test "nocturne: Thursdays in Advent, from four in the afternoon" (function(t)
  t:at "2026-11-20T10:00"
  t:activate "nocturne"
  local ticker = t:profile {}:on "kiosk"
  t:at "2026-11-26T18:00"; ticker:shows_default()                 -- Advent begins on the 29th
  t:at "2026-11-30T18:00"; ticker:dropped("nocturne", "the schedule policy answers false")   -- Advent, and a Monday
  t:at "2026-12-03T15:59"; ticker:dropped("nocturne", "the schedule policy answers false")
  t:at "2026-12-03T16:00"; ticker:must_show "nocturne"
  t:at "2026-12-03T23:59"; ticker:must_show "nocturne"
  t:at "2026-12-04T16:00"; ticker:must_not_show "nocturne"
  t:at "2026-12-17T20:00"; ticker:must_show "nocturne"
  t:at "2026-12-24T20:00"; ticker:must_not_show "nocturne"
end)

test "a bare entrance says welcome" (function(t)
  t:at "2026-11-10T10:00"
  t:profile {}:on "kiosk":shows_default():content "Welcome to Clairval"
end)

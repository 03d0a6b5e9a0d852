-- What the house agreed on: who may publish what, and what can never be undone.
test "a price needs two pairs of eyes, and neither is the author's" (function(t)
  t:at "2026-11-20T10:00"
  t:refused("not_approved", function() t:activate "winter-sale" end)
  t:submit "winter-sale"
  t:refused("self_approval", function() t:approve("winter-sale", { by = "files" }) end)   -- who wrote it
  t:approve("winter-sale", { by = "ann" })
  local why = t:refused("not_approved", function() t:activate "winter-sale" end)
  t:yes(why:contains "2", why)
  t:approve("winter-sale", { by = "bob" })
  t:activate "winter-sale"
  t:equal(t:status("winter-sale").status, "scheduled")
end)

test "one approver for the search, none for the rest" (function(t)
  t:at "2026-11-20T10:00"
  t:refused("not_approved", function() t:activate "search-interests" end)
  t:activate("search-interests", { approved_by = { "ann" } })
  t:activate "picks"
  t:equal(t:status("search-interests").status, "live")
end)

test "an edit voids the approvals" (function(t)
  t:at "2026-11-20T10:00"
  t:submit "payday"
  t:approve("payday", { by = "ann" })
  t:refused("in_review_locked", function() t:edit("payday", { priority = 76 }) end)
  t:request_changes("payday", { by = "bob", message = "15 % is too much" })
  t:edit("payday", { priority = 76 })
  t:submit "payday"
  t:approve("payday", { by = "bob" })
  t:refused("not_approved", function() t:activate "payday" end)
  t:withdraw "payday"
  t:refused("not_in_review", function() t:approve("payday", { by = "ann" }) end)
end)

test "what is scheduled is locked until it is taken back" (function(t)
  t:at "2026-11-20T10:00"
  t:activate "spring-terrace"
  t:refused("scheduled_locked", function() t:edit("spring-terrace", { priority = 71 }) end)
  t:refused("scheduled_locked", function() t:activate "spring-terrace" end)
  t:unschedule "spring-terrace"
  t:refused("not_scheduled", function() t:unschedule "spring-terrace" end)
  t:edit("spring-terrace", { from = "2027-03-15T06:00" })
  t:activate "spring-terrace"
  local guest = t:profile {}:on "hero"
  t:at "2027-03-01T06:00"; guest:must_not_show "spring-terrace"
  t:at "2027-03-15T06:00"; guest:must_show "spring-terrace"
end)

test "of two editors the second is told" (function(t)
  t:at "2026-11-20T10:00"
  t:edit("picks", { priority = 31 }, { by = "ann", expect = 1 })
  t:refused("revision_conflict", function() t:edit("picks", { priority = 32 }, { by = "bob", expect = 1 }) end)
  t:edit("picks", { priority = 32 }, { by = "bob", expect = 2 })
end)

test "an edit of what is live waits beside it, then takes its place within the window" (function(t)
  t:at "2026-11-20T10:00"
  t:activate "kiosk-collect"
  t:advance "1h"
  local ticker = t:profile {}:on "kiosk"
  t:edit("kiosk-collect", { show = { kiosk = "Click & collect: ready within one hour" } })
  ticker:content "Click & collect: ready within two hours"
  t:activate "kiosk-collect"
  ticker:content "Click & collect: ready within one hour"
  ticker:must_show "kiosk-collect"                                -- in one wording or the other, on every node
  t:refused("nothing_to_activate", function() t:activate "kiosk-collect" end)
end)

test "an edit of a live price is approved anew before it replaces" (function(t)
  t:at "2026-11-20T10:00"
  t:activate("kiosk-outlet", { approved_by = { "ann", "bob" } })
  t:advance "15m"
  t:edit("kiosk-outlet", { show = { kiosk = "Display pieces from −40 %, first floor" } })
  t:refused("not_approved", function() t:activate "kiosk-outlet" end)
  local ticker = t:profile {}:on "kiosk"
  ticker:contains "−30 %"
  t:activate("kiosk-outlet", { approved_by = { "ann", "bob" } })
  ticker:contains "−40 %"
end)

test "a replacement may move to another surface; the old place empties within the window" (function(t)
  t:at "2026-11-20T10:00"
  t:activate "kiosk-collect"
  t:advance "1h"
  t:edit("kiosk-collect", { show = { sms = "Click & collect: ready within two hours" } })
  t:activate "kiosk-collect"
  local guest = t:profile {}
  guest:on "kiosk":may_show "kiosk-collect"
  guest:on "sms":may_show "kiosk-collect"
  t:advance "15m"
  guest:on "kiosk":must_not_show "kiosk-collect"
  guest:on "sms":must_show "kiosk-collect"
end)

test "an assertion that depends on how fast a node was fails, and says so" (function(t)
  t:at "2026-11-20T10:00"
  t:activate "picks"
  local seen = t:profile { viewed = { "linen-shade" } }:on "banner"
  local _, hasty = pcall(function() seen:must_show "picks" end)
  t:yes(tostring(hasty):contains "depends on how fast a node was", tostring(hasty))
  seen:may_show "picks"
  t:advance "15m"
  seen:must_show "picks"
end)

test "stopped is for ever; a duplicate is the way on" (function(t)
  t:at "2026-11-20T10:00"
  t:activate "newcomer"
  t:advance "1d"
  t:stop("newcomer", { by = "ann", message = "the returns desk is full" })
  for _, attempt in ipairs {
    function() t:edit("newcomer", { priority = 1 }) end,
    function() t:submit "newcomer" end,
    function() t:activate "newcomer" end,
  } do
    local why = t:refused("experience_final", attempt)
    t:yes(why:contains "ann", why)
  end
  t:duplicate("newcomer", "newcomer-2")
  t:edit("newcomer-2", { show = { hero = "<h1>Try it at home</h1><p>30 days to change your mind.</p>" } })
  t:activate "newcomer-2"
  local guest = t:profile { cart = { total = 39 } }:on "hero"
  guest:shows "newcomer-2":contains "30 days"
  t:advance "15m"
  guest:must_show "newcomer-2":must_not_show "newcomer"
  t:archive "newcomer"
  t:equal(t:status("newcomer").status, "archived")
  t:refused("already_exists", function() t:duplicate("newcomer-2", "newcomer") end)
end)

test "a sale that is over has ended by itself" (function(t)
  t:at "2027-01-05T10:00"
  t:activate("winter-sale", { approved_by = { "ann", "bob" } })
  local guest = t:profile {}:on "hero"
  t:at "2027-01-06T08:00"; guest:must_show "winter-sale"
  t:refused("not_final", function() t:archive "winter-sale" end)
  t:at "2027-02-02T23:59"; guest:must_not_show "winter-sale"
  t:equal(t:status("winter-sale").status, "completed")
  t:refused("experience_final", function() t:edit("winter-sale", { till = "2027-02-09T23:59" }) end)
  t:refused("experience_final", function() t:stop "winter-sale" end)
  t:archive "winter-sale"
  t:equal(t:status("winter-sale").status, "archived")
end)

test "commands that make no sense are refused by name" (function(t)
  t:at "2026-11-20T10:00"
  t:refused("not_live", function() t:stop "picks" end)
  t:activate "picks"
  t:refused("not_a_journey", function() t:pause "picks" end)
  t:refused("not_final", function() t:archive "picks" end)
  t:refused("cannot_delete", function() t:delete "picks" end)
  t:refused("not_scheduled", function() t:unschedule "picks" end)
  t:refused("nothing_to_submit", function() t:submit "picks" end)
  t:refused("not_found", function() t:activate "pics" end)
  t:delete "nocturne"
  t:refused("gone", function() t:activate "nocturne" end)
  t:refused("forbidden", function() t:stop("picks", { by = "vic", roles = { "viewer" } }) end)
end)

test "a campaign that is over before it starts is refused" (function(t)
  t:at "2027-01-10T10:00"
  t:refused("end_in_past", function() t:activate "christmas-gifts" end)
  t:refused("end_before_start", function()
    t:edit("picks", { from = "2027-02-02T00:00", till = "2027-02-01T00:00" })
    t:activate "picks"
  end)
  t:refused("nonexistent_local_time", function()
    t:edit("kiosk-collect", { from = "2027-03-28T02:30" })
    t:activate "kiosk-collect"
  end)
  t:refused("ambiguous_local_time", function()
    t:edit("kiosk-collect", { from = "2027-10-31T02:30" })
    t:activate "kiosk-collect"
  end)
end)

-- abandoned-cart: a journey's life; nobody is in it here, so that it shows nothing.
test "it goes live, rests, closes and stops like any journey" (function(t)
  t:at "2026-11-20T10:00"
  t:activate "abandoned-cart"
  t:equal(t:status("abandoned-cart").status, "live")
  t:profile { cart = { total = 80 } }:on "banner":shows_default()
  t:pause "abandoned-cart"
  t:equal(t:status("abandoned-cart").status, "paused")
  t:resume "abandoned-cart"
  t:refused("not_paused", function() t:resume "abandoned-cart" end)
  t:close "abandoned-cart"
  t:equal(t:status("abandoned-cart").status, "closed")
  t:stop "abandoned-cart"
  t:refused("experience_final", function() t:activate "abandoned-cart" end)
end)

test "a pause lasts fourteen days at most" (function(t)
  t:at "2026-11-20T10:00"
  t:activate "abandoned-cart"
  t:pause "abandoned-cart"
  t:advance "13d23h"
  t:equal(t:status("abandoned-cart").status, "paused")
  t:advance "1h"
  t:equal(t:status("abandoned-cart").status, "live")
end)

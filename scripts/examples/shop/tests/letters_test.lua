-- The newsletter's block (weekly-picks, rate-order) and the texts of pickup-ready.
test "weekly-picks: three cards, the latest first, each once" (function(t)
  t:at "2026-11-10T10:00"
  t:activate "weekly-picks"
  local reader = t:profile {
    newsletter = true, person = { name = "Joris" },
    viewed = { "solar-lantern", "garden-spike", "linen-shade", "garden-spike", "arc & glow" },
  }
  reader:on "email":content [[
<h2>Seen lately, Joris</h2>
<ul>
<li><a href="https://shop.example/p/arc%20%26%20glow">Arc &amp; Glow</a></li><li><a href="https://shop.example/p/garden-spike">Garden Spike</a></li><li><a href="https://shop.example/p/linen-shade">Linen Shade</a></li></ul>]]
  reader:with({ newsletter = false }):on "email":shows_nothing { because = "newsletter == true is false" }
  t:profile { newsletter = true }:on "email":shows_nothing { because = "viewed exists is false" }
end)

test "rate-order: five buttons that answer from within the letter" (function(t)
  t:at "2026-11-20T10:00"
  t:activate "rate-order"
  local letter = t:profile { orders = { count = 3, last = "2026-11-14" } }:on "email"
  letter:contains("How was your order of 14 November?", "rating")
  letter:contains([[<button name="stars" value="5">5 ★</button>]], "rating")
  t:profile { orders = { count = 1, last = "2026-05-02" } }:on "email":shows_nothing()
end)

test "a letter may hold an offer, or stars, but not both" (function(t)
  t:at "2026-11-20T10:00"
  t:activate_all()
  t:advance "15m"
  local reader = t:profile { orders = { count = 3, last = "2026-11-14" }, viewed = { "linen-shade" }, newsletter = true }
  reader:on "email":shows { "weekly-picks", "rate-order" }
  reader:with({ orders = { count = 3, last = "2026-05-02" } }):on "email":shows { "weekly-picks", "welcome-back" }
end)

test "pickup-ready: one message, short and long" (function(t)
  t:at "2026-11-20T10:00"
  t:activate "pickup-ready"
  local waiting = t:profile { pickup = { order = "CL-48213", store = "Lyon", ["until"] = "2026-12-04" }, person = { name = "Amélie" } }
  waiting:on "sms":content("Clairval: CL-48213 is ready at Lyon until 4/12.", "short")
  waiting:on "sms":content("Hello Amélie, your order CL-48213 waits for you at Clairval Lyon until Friday 4 December. Please bring the number and a bag.", "long")
  t:profile({}):on "sms":shows_nothing { because = "pickup.order exists is false" }
end)

-- loyalty-discount: the standing discount by tier, on product pages and in the app's cart.
local lamp = "web://shop.example/p/arc-floor-lamp#strip"

test "gold takes ten percent, silver five" (function(t)
  t:at "2026-11-10T07:00"
  t:activate("loyalty-discount", { approved_by = { "ann", "bob" } })
  local gold = t:profile { loyalty = { tier = "gold" } }
  local silver = gold:with { loyalty = { tier = "silver" } }
  gold:on(lamp):content [[<p class="member">Your gold price: 10 % off, taken at the till</p>]]
  silver:on(lamp):contains "Your silver price: 5 % off"
  gold:on "banner":content { title = "Thank you for being a member", discount = 10 }
  silver:on "banner":content { title = "Thank you for being a member", discount = 5 }
  gold:with({ loyalty = { tier = "bronze" } }):on(lamp):dropped("loyalty-discount", "loyalty.tier")
end)

cases "loyalty-discount" { on = lamp, at = "2026-11-10T07:00",    -- before the advisers are in
  { "loyalty.tier", "shows" },
  { "gold",         "loyalty-discount" },
  { "silver",       "loyalty-discount" },
  { "bronze",       "nothing" },
  { "none",         "nothing" },
  { nil,            "nothing" },
}

test "product pages only, and not those still being written" (function(t)
  t:at "2026-11-10T07:00"
  t:activate("loyalty-discount", { approved_by = { "ann", "bob" } })
  local gold = t:profile { loyalty = { tier = "gold" } }
  gold:on "web://shop.example/p/linen-shade?colour=sand#strip":shows "loyalty-discount"
  gold:on "web://be.shop.example/p/linen-shade#strip":shows "loyalty-discount"
  gold:on "web://shop.example/p/draft/linen-shade#strip":shows_nothing()
  gold:on "web://shop.example/c/lamps#strip":shows_nothing()
  gold:on "web://myshop.example/p/linen-shade#strip":shows_nothing()
end)

test "the sale goes before the discount while it lasts" (function(t)
  t:at "2027-01-05T10:00"
  t:activate_all()
  local gold = t:profile { loyalty = { tier = "gold" } }
  t:at "2027-01-06T07:59"
  gold:on(lamp):shows "loyalty-discount"
  t:at "2027-01-06T08:00"
  gold:on(lamp):shows { "winter-sale", "hotline" }
  gold:on(lamp):dropped("loyalty-discount", "lost to winter-sale (90 > 60)")
  t:at "2027-02-02T23:59"
  gold:on(lamp):shows "loyalty-discount"
end)

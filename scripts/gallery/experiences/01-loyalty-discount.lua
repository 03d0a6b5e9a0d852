-- A discount that depends on loyalty: native, though it is written as a function.
local PERCENT = { silver = "5", gold = "10" }

campaign "loyalty-discount" {
  priority = 60,
  audience = function(p)
    if p.loyalty.tier == "gold" then return true end
    return p.loyalty.tier == "silver" and p.loyalty.points >= 500
  end,
  show = { hero = function(p) return "<h1>" .. PERCENT[p.loyalty.tier] .. " % for you</h1>" end },
}

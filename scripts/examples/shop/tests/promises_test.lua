-- What must hold for everybody, whoever that is: profiles are made from the declared attributes.
local function shown(view, id) return pcall(function() view:shows(id) end) end

property "gold express goes to gold with more than 50 EUR, and to nobody else" { runs = 100, at = "2026-12-02T10:00", live = { "gold-hero" },
  function(_, profile)
    local p = profile.attributes
    local is_due = p["loyalty.tier"] == "gold" and p["cart.total"] > 50
    profile:on "hero":shows(is_due and "gold-hero" or {})
  end,
}

property "free shipping names what is missing, never more than 60 EUR" { runs = 100, at = "2026-11-10T10:00", live = { "free-shipping" },
  given = { ["cart.total"] = number { min = 0, max = 120 } },
  function(_, profile)
    local total, banner = profile.attributes["cart.total"], profile:on "banner"
    if total > 0 and total < 60 then
      banner:content { title = "Nearly there", shipping = string.format("Only %.2f EUR to free shipping", 60 - total) }
    else
      banner:shows_default()
    end
  end,
}

property "a member never sees the payday offer" { runs = 60, at = "2026-11-27T19:00", live = { "payday", "christmas-gifts" },
  given = { ["loyalty.tier"] = enum { "silver", "gold" } },
  function(_, profile) profile:on "hero":shows "christmas-gifts" end,
}

property "the price on the stage is never seen while paying" { runs = 60, at = "2027-01-07T10:00", context = { page = "checkout" },
  function(t, profile)
    local stage = profile:on "hero"
    t:yes(not shown(stage, "winter-sale") and not shown(stage, "vip-evening") and not shown(stage, "welcome-back"), "a price is on the stage")
  end,
}

property "the search ranks whatever visitors looked at, and never breaks its schema" { runs = 60, at = "2026-11-10T10:00", live = { "search-interests" },
  given = { interests = list(enum { "kitchen", "sofas", "floor-lamps" }), viewed = list(enum { "linen-shade", "arc-floor-lamp" }) },
  function(_, profile) profile:on "search":shows "search-interests" end,
}

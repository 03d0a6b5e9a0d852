-- The search leans, mildly, to the categories somebody comes back to: at least two visits, most first.
campaign "search-interests" {
  priority = 40,
  audience = attr "interests":exists(),
  show     = {
    search = function(p)
      local visits, boosts = {}, {}
      for _, category in ipairs(p.interests) do
        visits[category] = (visits[category] or 0) + 1
        if visits[category] == 2 then table.insert(boosts, { category = category }) end
      end
      for _, boost in ipairs(boosts) do boost.factor = math.min(1 + visits[boost.category] / 8, 2) end
      table.sort(boosts, function(a, b)
        if a.factor ~= b.factor then return a.factor > b.factor end
        return a.category < b.category
      end)
      return { boosts = array(boosts), pins = array { p.viewed and p.viewed[#p.viewed] } }
    end,
  },
}

-- The last three different products that somebody looked at, as suggestions in the app's cart.
campaign "picks" {
  priority = 30,
  audience = function(p) return p.viewed ~= nil end,
  show     = {
    banner = function(p)
      local items = {}
      for i = #p.viewed, 1, -1 do
        if #items < 3 and not table.contains(items, p.viewed[i]) then table.insert(items, p.viewed[i]) end
      end
      return { title = "For you", items = array(items) }
    end,
  },
}

-- The ticker is no flyer: at most one of its three lines is about a price, the best one.
conflict "kiosk" (function(candidates)
  local kept, is_priced = {}, false
  for _, candidate in ipairs(candidates) do
    local has_price = table.contains(candidate.tags, "price")
    if not (has_price and is_priced) then table.insert(kept, candidate) end
    is_priced = is_priced or has_price
  end
  return kept
end)

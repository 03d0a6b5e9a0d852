-- Nobody is lured away from paying: with the checkout open, the stage shows no prices.
conflict "hero" (function(candidates, request)
  if request.context.page ~= "checkout" then return candidates end
  local kept = {}
  for _, candidate in ipairs(candidates) do
    if not table.contains(candidate.tags, "price") then table.insert(kept, candidate) end
  end
  return kept
end)

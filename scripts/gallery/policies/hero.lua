-- One price claim at a time, and nothing but service messages for who did not agree to more.
conflict "hero" (function(candidates)
  return one_per_tag(candidates, "price")
end)

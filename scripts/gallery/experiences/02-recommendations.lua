-- What somebody looked at most often lately; nothing for who looked at nothing.
campaign "recommendations" {
  priority = 40,
  audience = attr "viewed":exists(),
  show = {
    banner = function(p) return { title = "For you", items = recommend(p.viewed, 3) } end,
  },
}

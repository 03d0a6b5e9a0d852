-- In December a search for anything finds fairy lights a little earlier.
campaign "search-season" {
  priority = 20,
  from     = "2026-12-01T00:00", till = "2027-01-01T00:00",
  audience = everyone,
  show     = {
    search = { boosts = { { category = "fairy-lights", factor = 1.5 } }, pins = { "string-lights-100" } },
  },
}

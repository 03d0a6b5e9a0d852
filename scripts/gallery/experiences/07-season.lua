-- A season with opening hours, in one zone for everybody; closed on the holidays.
campaign "advent" {
  priority = 75,
  from     = "2026-11-29T00:00", till = "2026-12-24T14:00",
  schedule = { weekly { "mon-sat", "08:00-20:00" }, except "2026-12-08" },
  show     = { hero = "<h1>Advent in the shop</h1>" },
}

-- Outdoor lamps, from meteorological spring to the end of April.
campaign "spring-terrace" {
  priority = 70,
  tags     = { "season" },
  from     = "2027-03-01T06:00", till = "2027-05-01T00:00",
  audience = everyone,
  show     = { hero = [[<h1>The terrace wakes up</h1><p>Solar lanterns from €19.90.</p>]] },
}

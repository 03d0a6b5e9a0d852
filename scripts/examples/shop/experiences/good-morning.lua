-- Breakfast lamps on the kitchen tables of Europe: mornings on the visitor's own clock.
campaign "good-morning" {
  priority = 58,
  audience = attr "interests":has_any { "kitchen" },
  schedule = weekly { "06:00-09:00", zone = "profile" },
  show     = { hero = [[<h1>Good morning</h1><p>The pendant over the kitchen table, from €79.</p>]] },
}

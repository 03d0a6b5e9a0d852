-- Who orders at night is called by no courier: 22:00 to 03:00, every night, on Paris time.
campaign "night-delivery" {
  priority = 65,
  audience = attr "cart.total":ge(30),
  schedule = weekly { "22:00-03:00", except = { "2026-12-24", "2026-12-31" } },
  show     = { hero = [[<h1>Up late?</h1><p>Ordered by 3:00, delivered tomorrow evening.</p>]] },
}

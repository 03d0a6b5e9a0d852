-- Payday evening: the last Friday of each month, 18:00 to midnight, 15 % on one article.
campaign "payday" {
  priority = 75,
  tags     = { "price" },
  schedule = recurring { "FREQ=MONTHLY;BYDAY=-1FR", from = "2026-09-01T18:00", lasts = "6h" },
  audience = no "members",
  show     = { hero = [[<h1>Payday evening</h1><p>−15 % on one article of your choice, until midnight.</p>]] },
}

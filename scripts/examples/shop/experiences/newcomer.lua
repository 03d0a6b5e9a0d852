-- A first order is a leap: returns are free for newcomers, on the country shops too.
campaign "newcomer" {
  priority = 55,
  audience = all { "newcomers", attr "cart.total":gt(0) },
  show     = { hero = [[<h1>Try it at home</h1><p>100 days to change your mind. Returns are free.</p>]] },
}

-- Two texts for the same place, and a tenth that sees neither.
campaign "headline-test" {
  priority = 10,
  treatments = {
    question  = { weight = 45, show = { hero = "<h1>Ready for winter?</h1>" } },
    statement = { weight = 45, show = { hero = "<h1>Winter is here</h1>" } },
    holdout   = 10,
  },
}

-- Which light sells? The stage for everybody that nothing else speaks to, until we know.
campaign "hero-test" {
  priority   = 50,
  audience   = everyone,
  treatments = {
    warm    = { weight = 45, show = { hero = fragment "warm" } },
    cool    = { weight = 45, show = { hero = fragment "cool" } },
    holdout = 10,
  },
}

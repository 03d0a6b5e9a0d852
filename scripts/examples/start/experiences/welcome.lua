-- Gold members are greeted by name.
campaign "welcome" {
  priority = 50,
  audience = function(p) return p.loyalty.tier == "gold" end,
  show     = { hero = "<h1>Welcome back, {{person.name}}</h1>" },
}

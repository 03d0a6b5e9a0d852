-- Sign up at the till: the ticker's line on the loyalty programme.
campaign "kiosk-members" {
  priority = 50,
  tags     = { "price", "loyalty" },
  audience = everyone,
  show     = { kiosk = "Members take 5 % off every lamp: sign up at the till" },
}

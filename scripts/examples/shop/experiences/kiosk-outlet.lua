-- Display pieces on the first floor. Loses its line to the members' offer: one price at a time.
campaign "kiosk-outlet" {
  priority = 40,
  tags     = { "price" },
  audience = everyone,
  show     = { kiosk = "Display pieces from −30 %, first floor" },
}

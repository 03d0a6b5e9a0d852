-- Ordered online, collected here.
campaign "kiosk-collect" {
  priority = 30,
  audience = everyone,
  show     = { kiosk = "Click & collect: ready within two hours" },
}

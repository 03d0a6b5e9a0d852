-- Repair café on the first Saturday of the month, told from the morning on.
campaign "kiosk-workshop" {
  priority = 60,
  schedule = recurring { "FREQ=MONTHLY;BYDAY=1SA", from = "2026-10-01T09:30", lasts = "7h30m" },
  audience = everyone,
  show     = { kiosk = "Repair café at 14:00: bring the lamp, we bring the solder" },
}

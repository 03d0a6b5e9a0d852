-- A new thing for testers at once, and for a tenth of all others; raise the number, and nobody who has it loses it.
campaign "new-navigation" {
  priority = 20,
  audience = any { in_list "testers.csv", bucket(10, "new-navigation") },
  show     = { banner = { title = "Try the new navigation" } },
}

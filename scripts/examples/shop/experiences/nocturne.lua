-- The stores stay open late on Thursdays in Advent; which Thursdays those are, the script knows.
campaign "nocturne" {
  priority = 80,
  audience = everyone,
  schedule = function(now)
    local advent = (now.month == 11 and now.day >= 29) or (now.month == 12 and now.day < 24)
    return advent and now.weekday == "thu" and now.hour >= 16
  end,
  show     = { kiosk = "Tonight open until 22:00, mulled wine from 18:00" },
}

-- The Christmas stage, second act: takes over to the minute, and ends with the last courier.
campaign "christmas-express" {
  priority = 70,
  tags     = { "season" },
  from     = "2026-12-19T12:00", till = "2026-12-23T16:00",
  audience = everyone,
  show     = {
    hero = [[
<h1>Still in time for Christmas</h1>
<p>Express orders until {%= formatDate("2026-12-23T16:00", "EEEE HH:mm", "Europe/Paris") %} arrive on the 24th.</p>]],
  },
}

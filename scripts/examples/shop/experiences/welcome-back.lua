-- Reactivation: customers who have not bought since the summer, and only those who want our letters.
campaign "welcome-back" {
  priority  = 60,
  tags      = { "price" },
  from      = "2026-10-01T00:00", till = "2027-04-01T00:00",
  audience  = "lapsed",
  targeting = function(p, request)
    if request.context.channel == "partner" then return false end
    return p.newsletter == true
  end,
  show      = {
    hero  = [[<h1>It has been a while, {{person.name}}</h1><p>10 € towards your next lamp, until 31 March.</p>]],
    email = { element("offer", [[<p>Your last order was in {{formatDate orders.last "MMMM yyyy"}}. Here are 10 € for the next one.</p>]]) },
  },
}

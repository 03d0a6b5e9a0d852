-- Advent thank-you for gold members with a full cart: free express shipping.
campaign "gold-hero" {
  priority = 80,
  tags     = { "price" },
  from     = "2026-12-01T09:00", till = "2026-12-24T18:00",
  audience = function(p) return p.loyalty.tier == "gold" and p.cart.total > 50 end,
  show     = {
    hero = [[
<h1>Welcome back, {{default person.name "dear guest"}}</h1>
<p>Express shipping is on us until Christmas Eve.</p>
{{> button path="/cart" label="To your cart"}}]],
  },
}

-- Soldes d'hiver 2027: the dates are the law's, 6 January 8:00 and four weeks on.
campaign "winter-sale" {
  priority = 90,
  tags     = { "price", "season" },
  from     = "2027-01-06T08:00", till = "2027-02-02T23:59",
  audience = everyone,
  show     = {
    hero    = [[<h1>Winter sale</h1><p>Up to −40 % on 320 lamps.</p>{{> button path="/sale" label="To the sale"}}]],
    product = [[<p class="sale">Winter sale: the crossed-out price is the lowest of the last 30 days</p>]],
  },
}

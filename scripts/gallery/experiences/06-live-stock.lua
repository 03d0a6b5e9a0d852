-- Few left: the number itself stays a number in JSON.
campaign "last-pieces" {
  priority = 65,
  audience = function(p) return p.stock.left > 0 and p.stock.left <= 5 end,
  show     = { banner = { title = "Only a few left", left = "{{{stock.left}}}" } },
}

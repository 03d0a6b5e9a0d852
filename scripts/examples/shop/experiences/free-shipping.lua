-- How much is missing until shipping is free, in the app's cart.
local FREE_FROM = 60

campaign "free-shipping" {
  priority = 40,
  audience = all { attr "cart.total":gt(0), attr "cart.total":lt(FREE_FROM) },
  show     = {
    banner = function(p)
      return {
        title    = "Nearly there",
        shipping = string.format("Only %.2f EUR to free shipping", FREE_FROM - p.cart.total),
      }
    end,
  },
}

-- A cart that was left alone for an hour, for two days at most.
campaign "abandoned-cart" {
  priority = 70,
  audience = all {
    "may be addressed", attr "cart.total":gt(0), attr "cart.updated":exists(),
    function(p, request)
      local idle = time.between(p.cart.updated, request.now)
      return idle >= 3600 and idle < 2 * 24 * 3600
    end,
  },
  show = { banner = { title = "Your cart is waiting", total = "{{{cart.total}}}" } },
}

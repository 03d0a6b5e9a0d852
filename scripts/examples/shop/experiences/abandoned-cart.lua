-- A cart left behind: a nudge after half an hour, then the stock, then silence.
journey "abandoned-cart" {
  enter = event "cart.updated", exit = event "order.placed", again = after "1d",
  steps = {
    wait "30m",
    show { banner = { title = "Still thinking?", total = "{{{cart.total}}}" } },
    await(event "banner.clicked", "24h") {
      clicked = { finish },
      timeout = { fetch("stock", { sku = "{{cart.top}}" }) {
        ok     = { show { banner = { title = "Only {{stock.left}} left" } }, wait "3d" },
        failed = { show { banner = { title = "Your cart is waiting" } }, wait "3d" },
      } },
    },
  },
}

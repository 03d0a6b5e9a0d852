-- Clairval, furniture and lighting: five stores, one web shop, one app. What every experience stands on.
workspace "shop" {
  zone = "Europe/Paris",

  attributes = {
    ["person.name"]     = text {},
    ["person.language"] = enum { "fr", "en", "de", "nl" },
    ["person.country"]  = text {},                       -- ISO code, of the delivery address
    ["loyalty.tier"]    = enum { "none", "bronze", "silver", "gold" },
    ["loyalty.points"]  = number { min = 0 },
    ["cart.total"]      = number { min = 0 },            -- EUR, with VAT
    ["cart.top"]        = text {},                       -- SKU of the dearest article
    ["orders.count"]    = number { min = 0 },
    ["orders.last"]     = date {},
    ["viewed"]          = list(text {}),                 -- slugs of products, the latest last
    ["interests"]       = list(text {}),                 -- categories, a row for each visit
    ["newsletter"]      = boolean {},
    ["pickup.order"]    = text {},
    ["pickup.store"]    = text {},
    ["pickup.until"]    = date {},
    ["app.version"]     = text {},
  },

  surfaces = {
    -- The stage on the home pages: the main one exactly, the country shops by wildcard.
    hero = html {
      "web://shop.example/#hero", "wildcard:web://*.shop.example/*#hero",
      default = [[<h1>Light for every room</h1>]],
    },
    -- The strip above the price, on every product page but the ones editors are still working on.
    product = html {
      page {
        { domain = { endsWith = "shop.example" }, path = { startsWith = "/p/" } },
        exclude   = { { path = { startsWith = "/p/draft/" } } },
        container = "strip",
      },
    },
    -- The app's cart: every campaign may set its own keys.
    banner = json {
      "mobileapp://com.example.shop/cart#banner",
      schema = "banner.json", resolve = "merge",
      default = { title = "Your cart" },
    },
    -- What the search service multiplies its scores by.
    search = json {
      "service://search/#ranking",
      schema = "ranking.json",
      default = { boosts = array {}, pins = array {} },
    },
    -- The ticker over the entrance of each store.
    kiosk = text {
      "kiosk://paris-11/entrance#ticker", "wildcard:kiosk://*/entrance#ticker",
      resolve = stack(3),
      default = "Welcome to Clairval",
    },
    sms   = text { "sms://notifications/#message" },
    email = html { "email://newsletter/weekly#block" },
  },

  -- Two pairs of eyes on every price, one on what the search ranks.
  approvals = {
    { when = tagged "price", approvers = 2 },
    { when = { surface = "search" }, approvers = 1 },
  },
}

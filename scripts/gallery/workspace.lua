-- A gallery to copy from: each file in experiences/ and policies/ is one idea, with its cases in tests/.
workspace "gallery" {
  zone = "Europe/Paris",
  attributes = {
    ["person.name"]     = text {},
    ["person.born"]     = date {},
    ["loyalty.tier"]    = enum { "none", "silver", "gold" },
    ["loyalty.points"]  = number { min = 0 },
    ["cart.total"]      = number { min = 0 },
    ["cart.updated"]    = text {},
    ["last_order"]      = text {},
    ["viewed"]          = list(text {}),
    ["stock.left"]      = number { min = 0 },
    ["weather.kind"]    = enum { "sun", "rain", "snow" },
    ["app.version"]     = text {},
    ["country"]         = text {},
    ["consent.marketing"] = boolean {},
  },
  surfaces = {
    hero   = html { "web://shop.example/#hero", default = "<h1>Welcome</h1>" },
    banner = json { "mobileapp://com.example.shop/home#banner" },
    notice = text { "sms://shop.example/#notice" },
  },
}

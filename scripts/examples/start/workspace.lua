-- What every experience of this workspace stands on.
workspace "start" {
  zone = "Europe/Paris",
  attributes = {
    ["person.name"]  = text {},
    ["loyalty.tier"] = enum { "none", "bronze", "silver", "gold" },
  },
  surfaces = {
    hero = html { "web://shop.example/#hero", default = "<h1>Welcome</h1>" },
  },
}

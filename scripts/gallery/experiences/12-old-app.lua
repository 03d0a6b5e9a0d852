-- Applications that are too old for what comes next; a version is compared as a version.
campaign "update-app" {
  priority = 95,
  audience = attr "app.version":semver "< 3.2.0",
  show     = { banner = { title = "Please update", url = "https://shop.example/app" } },
}

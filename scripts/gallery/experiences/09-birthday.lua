-- The day itself, on the shop's clock: month and day of birth are those of today.
campaign "birthday" {
  priority = 90,
  audience = function(p, request)
    return p.person.born ~= nil and p.person.born:sub(6, 10) == time.format(request.now, "MM-dd", "Europe/Paris")
  end,
  show = { hero = "<h1>Happy birthday{{#if person.name}}, {{person.name}}{{/if}}!</h1>" },
}

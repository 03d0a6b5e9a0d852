-- Nothing bought for ninety days.
campaign "reactivation" {
  priority = 50,
  audience = function(p, request)
    return p.last_order ~= nil and time.days(p.last_order, request.now) >= 90
  end,
  show = { hero = [[<h1>We have missed you{{#if person.name}}, {{person.name}}{{/if}}</h1>]] },
}

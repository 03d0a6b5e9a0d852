-- The weather comes with the request: an application asks its source and sends what it knows.
campaign "umbrella" {
  priority = 55,
  audience = attr "weather.kind":one_of { "rain", "snow" },
  show     = { hero = [[{{#if (eq weather.kind "snow")}}<h1>Warm boots</h1>{{else}}<h1>Umbrellas, dry by noon</h1>{{/if}}]] },
}

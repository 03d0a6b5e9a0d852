-- The Christmas stage, first act: gift ideas, from Black Friday until express is the only way.
campaign "christmas-gifts" {
  priority = 70,
  tags     = { "season" },
  from     = "2026-11-27T00:00", till = "2026-12-19T12:00",
  audience = everyone,
  show     = {
    hero = [[
{%#if person.language = "fr"%}<h1>Des cadeaux qui éclairent</h1>{%else%}<h1>Gifts that light up</h1>{%/if%}
<p>Wrapped and delivered in {{#if (eq person.country "FR")}}two{{else}}four{{/if}} days.</p>]],
  },
}

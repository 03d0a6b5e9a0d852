-- The newsletter's block of recently seen products, for readers who looked at some.
campaign "weekly-picks" {
  priority = 50,
  audience = all { attr "newsletter":eq(true), attr "viewed":exists() },
  show     = {
    email = [[
<h2>Seen lately{{#if person.name}}, {{person.name}}{{/if}}</h2>
<ul>
{{#each (slice (distinct (reverse viewed)) 0 3)}}
{{> card slug=this}}
{{/each}}
</ul>]],
  },
}

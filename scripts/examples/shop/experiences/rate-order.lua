-- Five stars inside the letter: the reader answers without leaving the mail.
campaign "rate-order" {
  priority = 45,
  audience = all { attr "orders.last":exists(), no "lapsed" },
  show     = {
    email = {
      element("rating", [[
<form method="post" action="https://shop.example/rate">
<p>How was your order of {{formatDate orders.last "d MMMM" "Europe/Paris"}}?</p>
{{#each (split "1,2,3,4,5" ",")}}
<button name="stars" value="{{this}}">{{this}} ★</button>
{{/each}}
</form>]]),
    },
  },
}

-- "Your order is ready", as one text for a phone and one for the order page.
campaign "pickup-ready" {
  priority = 90,
  audience = attr "pickup.order":exists(),
  show     = {
    sms = {
      element("short", [[Clairval: {{pickup.order}} is ready at {{pickup.store}} until {{formatDate pickup.until "d/M"}}.]]),
      element("long", [[
Hello {{default person.name "there"}}, your order {{pickup.order}} waits for you at Clairval {{pickup.store}}{{#if pickup.until}} until {{formatDate pickup.until "EEEE d MMMM"}}{{/if}}. Please bring the number and a bag.]]),
    },
  },
}

-- The standing members' discount: 10 % for gold, 5 % for silver, on product pages and in the cart.
campaign "loyalty-discount" {
  priority = 60,
  tags     = { "price", "loyalty" },
  audience = "members",
  show     = {
    product = [[<p class="member">Your {{loyalty.tier}} price: {{> tier}} % off, taken at the till</p>]],
    banner  = function(p)
      local percent = { silver = 5, gold = 10 }
      return { title = "Thank you for being a member", discount = percent[p.loyalty.tier] }
    end,
  },
}

return function(p) return p.loyalty.tier == "gold" and p.n > 2 or not p.viewed end

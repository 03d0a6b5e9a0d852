local t = { a = 1, [2] = "x", { b = {} }, f = function(...) return ... end }
function t.g(x) return x end
function t:h() return self.a end
return { t.f(1, 2), t.g(3), t:h(), -2 ^ 2, #"ab", 7 % 3, table.sort_by({3, 1}, function(x) return x end) }

-- what functions share and how they reach it
local least, seen, calls = 2, { "a", n = { 1 } }, 0
local M, floor = { rate = 1.5 }, math.floor
function M.large(x) return (x or 0) > least and M.rate > 1 end
function M.count(x) calls = calls + 1 seen[#seen + 1] = x return #seen + calls end
function M.down(n) if n < 1 then return seen.n[1] end return M.down(n - 1) end
local other = M
return { function(p) return M.large(p.n) end, function(p, x) M.count(x) return other.count(p.n) end, function(p) return floor(M.down(3)) end, M.large }

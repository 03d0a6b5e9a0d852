local most = 5
local function big(x) return x and x > most end
return function(p, r)
  if big(p.n) then return true elseif p.n == nil then return false end
  local t = {}
  for i, v in ipairs(p.viewed or {}) do t[#t + 1] = v .. i end
  return #t > 0
end

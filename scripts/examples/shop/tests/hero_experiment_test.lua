-- hero-test: two lights and a holdout; who got one keeps it.
local function stage(t, id) return t:profile({}, id and "customer:" .. id or ":"):on "hero" end

test "a customer keeps the light that fell to them" (function(t)
  t:at "2026-11-10T10:00"
  t:activate "hero-test"
  stage(t, "c-1"):contains "Evenings start with warm light"
  stage(t, "c-4"):contains "Clear light for clear heads"
  t:at "2027-02-10T10:00"
  stage(t, "c-1"):contains "Evenings start with warm light"
  stage(t, "c-4"):contains "Clear light for clear heads"
end)

test "the holdout and the unknown see the stage as it was" (function(t)
  t:at "2026-11-10T10:00"
  t:activate "hero-test"
  stage(t, "c-10017"):shows_default():dropped("hero-test", "holdout")
  stage(t, nil):shows_default():dropped("hero-test", "needs an identity")
end)

test "45 : 45 : 10, near enough for 500 customers" (function(t)
  t:at "2026-11-10T10:00"
  t:activate "hero-test"
  local shown = 0
  for i = 1, 500 do
    if pcall(function() stage(t, "n-" .. i):shows "hero-test" end) then shown = shown + 1 end
  end
  t:yes(shown > 430 and shown < 470, "shown to " .. shown .. " of 500")
end)

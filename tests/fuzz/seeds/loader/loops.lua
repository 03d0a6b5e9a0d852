local n = 0
while n < 10 do n = n + 1 repeat n = n + 2 until n > 5 end
for i = 1, 3 do if i == 2 then break end end
return n, pcall(error, "x")

return function(p) local s = ("a-b"):gsub("%-", function(c) return c:upper() end) return s .. [[
long]] .. "\65\n" .. string.format("%5.1f", 1) end

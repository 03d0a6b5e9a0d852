-- A workload of the form decide-workload/1 in plain Lua, as one would write it for a server that runs Lua: each audience is a
-- function, made once; experiences stand in order; content was written as JSON before. serving.py runs it in nginx and in Redis.
--   local decide = make(cjson, bit, text of workload.json); decide(text of a request) → text of the answer
-- A request without `now` is one without schedules.
local function make(json, bit, workload)
  local null, concat = json.null, table.concat

  -- A product of two 32-bit numbers is not exact in a double: 0x01000193 = 2^24 + 403.
  local function fnv(text, hash)
    for i = 1, #text do
      hash = bit.bxor(hash, text:byte(i)) % 4294967296
      hash = (hash * 403 + hash % 256 * 16777216) % 4294967296
    end
    return hash
  end
  local function within(salt, lo, hi)
    local salted = fnv(salt, 0x811c9dc5)
    return function(x)
      if type(x) ~= "string" then return false end
      local bucket = fnv(("%.0f"):format(fnv(x, salted)), 0x811c9dc5) % 10000
      return lo <= bucket and bucket < hi
    end
  end

  local function version(x)
    if type(x) ~= "string" then return nil end
    local a, b, c, rest = x:match("^(%d+)%.(%d+)%.(%d+)(.*)$")
    if not a or rest ~= "" and not rest:find("^[-+]") then return nil end
    local parts = { tonumber(a), tonumber(b), tonumber(c) }
    for part in (rest:match("^%-([^+]*)") or ""):gmatch("[^.]+") do parts[#parts + 1] = part:find("^%d+$") and tonumber(part) or part end
    return parts
  end
  local function order(a, b)
    for i = 1, math.max(#a, #b) do
      local x, y = a[i], b[i]
      if x == nil or y == nil then
        if i == 4 then return x == nil and 1 or -1 end   -- without a pre-release is after any
        return x == nil and -1 or 1
      end
      if type(x) ~= type(y) then return type(x) == "number" and -1 or 1 end
      if x ~= y then return x < y and -1 or 1 end
    end
    return 0
  end

  local function set(values)
    local has = {}
    for _, value in ipairs(values) do has[value] = true end
    return has
  end
  local is = {
    exists = function() return function() return true end end,
    eq = function(p) local value = p.value; return function(x) return x == value end end,
    ["in"] = function(p) local has = set(p.values); return function(x) return has[x] == true end end,
    lt = function(p) local value = p.value; return function(x) return type(x) == "number" and x < value end end,
    le = function(p) local value = p.value; return function(x) return type(x) == "number" and x <= value end end,
    gt = function(p) local value = p.value; return function(x) return type(x) == "number" and x > value end end,
    ge = function(p) local value = p.value; return function(x) return type(x) == "number" and x >= value end end,
    range = function(p) local lo, hi = p.lo, p.hi; return function(x) return type(x) == "number" and lo <= x and x < hi end end,
    prefix = function(p) local value, size = p.value, #p.value; return function(x) return type(x) == "string" and x:sub(1, size) == value end end,
    suffix = function(p) local value, size = p.value, #p.value; return function(x) return type(x) == "string" and #x >= size and x:sub(#x - size + 1) == value end end,
    contains = function(p) local value = p.value; return function(x) return type(x) == "string" and x:find(value, 1, true) ~= nil end end,
    has_any = function(p)
      local has = set(p.values)
      return function(x)
        if type(x) == "table" then for _, value in ipairs(x) do if has[value] then return true end end end
        return false
      end
    end,
    has_all = function(p)
      local values = p.values
      return function(x)
        if type(x) ~= "table" then return false end
        for _, value in ipairs(values) do
          local found = false
          for _, y in ipairs(x) do if y == value then found = true break end end
          if not found then return false end
        end
        return true
      end
    end,
    bucket = function(p) return within(p.salt, p.lo, p.hi) end,
    semver = function(p)
      local cmp, than = p.cmp, version(p.value)
      return function(x)
        local v = version(x)
        if not v then return false end
        local o = order(v, than)
        if cmp == "lt" then return o < 0 elseif cmp == "le" then return o <= 0 elseif cmp == "eq" then return o == 0 elseif cmp == "ge" then return o >= 0 end
        return o > 0
      end
    end,
  }
  local function audience(p)
    if p.op == "true" then return function() return true end end
    if p.op == "not" then
      local inner = audience(p.arg)
      return function(attributes) return not inner(attributes) end
    end
    if p.op == "and" or p.op == "or" then
      local args, ends = {}, p.op == "or"
      for i, arg in ipairs(p.args) do args[i] = audience(arg) end
      local n = #args
      return function(attributes)
        for i = 1, n do if args[i](attributes) == ends then return ends end end
        return not ends
      end
    end
    local attr, test = p.attr, is[p.op](p)
    return function(attributes)
      local x = attributes[attr]
      return x ~= nil and x ~= null and test(x)
    end
  end

  local surfaces = {}
  for _, e in ipairs(json.decode(workload).experiences) do
    local elements = {}
    for i, m in ipairs(e.elements) do elements[i] = { name = m.element, json = json.encode(m.element), content = json.encode(m.content) } end
    local list = surfaces[e.surface] or {}
    surfaces[e.surface] = list
    list[#list + 1] = { id = e.id, json = json.encode(e.id), priority = e.priority, published = e.published, elements = elements, is_eligible = audience(e.audience),
      from = e.schedule.start ~= null and e.schedule.start, to = e.schedule["end"] ~= null and e.schedule["end"],
      is_in_traffic = e.traffic ~= null and within(e.traffic.salt, e.traffic.lo, e.traffic.hi) }
  end
  for _, list in pairs(surfaces) do
    table.sort(list, function(a, b)
      if a.priority ~= b.priority then return a.priority > b.priority end
      if a.published ~= b.published then return a.published < b.published end
      return a.id < b.id
    end)
  end

  return function(text)
    local request = json.decode(text)
    local now, attributes, out, n = request.now, request.attributes, { '{"surfaces":[' }, 1
    for at, surface in ipairs(request.surfaces) do
      out[n + 1], out[n + 2], out[n + 3] = at > 1 and ',{"surface":' or '{"surface":', json.encode(surface), ',"applied":['
      n = n + 3
      local taken, is_first = {}, true
      for _, e in ipairs(surfaces[surface] or {}) do
        local is_open = false
        for _, m in ipairs(e.elements) do if not taken[m.name] then is_open = true break end end
        if is_open and not (now and (e.from and now < e.from or e.to and now >= e.to)) and e.is_eligible(attributes)
          and (not e.is_in_traffic or e.is_in_traffic(attributes.id)) then
          local names, contents = {}, {}
          for _, m in ipairs(e.elements) do
            if not taken[m.name] then taken[m.name], names[#names + 1], contents[#contents + 1] = true, m.json, m.content end
          end
          out[n + 1], out[n + 2], out[n + 3] = is_first and '{"id":' or ',{"id":', e.json, ',"elements":['
          out[n + 4], out[n + 5], out[n + 6], out[n + 7] = concat(names, ","), '],"content":[', concat(contents, ","), "]}"
          n, is_first = n + 7, false
        end
      end
      n = n + 1
      out[n] = "]}"
    end
    out[n + 1] = "]}"
    return concat(out)
  end
end
return make

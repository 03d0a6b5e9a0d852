-- What policies may call besides the standard names. Pure functions over their arguments.

-- Does the list hold the value? An absent list holds nothing.
local holds = table.contains
local function contains(list, value)
  if list == nil or value == nil then return false end
  return holds(list, value)
end

-- The first n items.
local function first(list, n)
  local items = {}
  for i, item in ipairs(list or {}) do
    if i > n then break end
    items[i] = item
  end
  return array(items)
end

-- Up to n different items, the last ones first: what somebody saw most recently.
local function recent(list, n)
  local items, seen = {}, {}
  list = list or {}
  for i = #list, 1, -1 do
    if #items == n then break end
    if not seen[list[i]] then
      seen[list[i]] = true
      items[#items + 1] = list[i]
    end
  end
  return array(items)
end

-- Up to n different items, those that occur most often first, of equally frequent ones the latest.
local function recommend(list, n)
  local count, last, items = {}, {}, {}
  for i, item in ipairs(list or {}) do
    if not count[item] then items[#items + 1] = item end
    count[item] = (count[item] or 0) + 1
    last[item] = i
  end
  table.sort(items, function(a, b)
    if count[a] ~= count[b] then return count[a] > count[b] end
    return last[a] > last[b]
  end)
  return first(items, n)
end

-- Text as it may stand in HTML: what a content policy puts into markup goes through here.
local function escape(text)
  text = tostring(text == nil and "" or text)
  return (text:gsub("[&<>\"']", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\""] = "&quot;", ["'"] = "&#39;" }))
end

local function has_tag(candidate, tag) return contains(candidate.tags, tag) end

-- Of the candidates with this tag only the best; all others stay.
local function one_per_tag(candidates, tag)
  local kept, met = {}, false
  for _, candidate in ipairs(candidates) do
    local tagged = has_tag(candidate, tag)
    if not tagged or not met then kept[#kept + 1] = candidate end
    met = met or tagged
  end
  return kept
end

-- Only the candidates without this tag.
local function without_tag(candidates, tag)
  local kept = {}
  for _, candidate in ipairs(candidates) do
    if not has_tag(candidate, tag) then kept[#kept + 1] = candidate end
  end
  return kept
end

return {
  contains = contains, escape = escape, first = first, recent = recent, recommend = recommend,
  has_tag = has_tag, one_per_tag = one_per_tag, without_tag = without_tag,
}

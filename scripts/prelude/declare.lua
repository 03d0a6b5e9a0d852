-- What the files of a workspace are written with: `workspace`, `campaign`, `journey`, `audience`,
-- `conflict`, and the words inside them. Each builds the same document that JSON would say; functions
-- in it stay functions, and the host writes them down as policies. `declare` is the host's.

local function copy(source, target)
  target = target or {}
  for key, value in pairs(source) do target[key] = value end
  return target
end

local function expect_name(what, name)
  if type(name) ~= "string" then
    error(what .. " has a name: write `" .. what .. " \"name\" { … }`", 3)
  end
end

local function expect_table(what, value)
  if type(value) ~= "table" then error("`" .. what .. "` takes a table, got a " .. type(value), 3) end
end

-- ---- conditions

local everyone = "everyone"
local function all(parts) return { all = array(parts) } end
local function any(parts)
  if #parts == 0 and parts.type == nil then return { type = "any" } end   -- the attribute type `any {}`
  return { any = array(parts) }
end
local function no(part) return { no = part } end

local function attr(name)
  local function test(word)
    return function(_, operand) return { attr = name, [word] = operand } end
  end
  local function list_test(word)
    return function(_, operand) return { attr = name, [word] = array(operand) } end
  end
  return {
    eq = test "eq", lt = test "lt", le = test "le", gt = test "gt", ge = test "ge",
    starts = test "starts", ends = test "ends", contains = test "contains", semver = test "semver",
    one_of = list_test "in", has_any = list_test "has_any", has_all = list_test "has_all",
    between = function(_, from, below) return { attr = name, between = { from, below } } end,
    exists = function() return { attr = name, exists = true } end,
  }
end

-- A share of all identities, in percent: another share for another salt.
local function bucket(percent, salt) return { bucket = { to = percent * 100, salt = salt } } end
local function in_list(name, by) return { list = name, by = by } end

-- Buckets without a salt of their own take the experience's id.
local function salted(predicate, id)
  if type(predicate) ~= "table" then return predicate end
  if predicate.bucket and predicate.bucket.salt == nil then predicate.bucket.salt = id end
  for _, part in ipairs(predicate.all or predicate.any or {}) do salted(part, id) end
  if predicate.no then salted(predicate.no, id) end
  return predicate
end

-- ---- schedules

-- weekly { "mon-fri", "08:00-20:00", zone = "profile" }
local function weekly(window)
  local days, hours = window[1], {}
  for i = 2, #window do hours[#hours + 1] = window[i] end
  if days and #hours == 0 and days:find("%d") then days, hours = nil, { days } end
  local row = { days = days }
  if #hours > 0 then row.hours = hours end
  return { weekly = { row }, zone = window.zone, except = window.except }
end
-- recurring { "FREQ=MONTHLY;BYDAY=-1FR", from = "2026-01-05T09:00", lasts = "2h" }
local function recurring(rule)
  return { rrule = { rule = rule[1] or rule.rule, from = rule.from, lasts = rule.lasts }, zone = rule.zone }
end
local function except(dates)
  if type(dates) == "string" then dates = { dates } end
  return { except = dates }
end

-- One schedule of several parts: { weekly {…}, weekly {…}, except {…}, zone = "profile" }
local function schedule_of(parts)
  if type(parts) ~= "table" or #parts == 0 then return parts end
  local whole = {}
  for key, value in pairs(parts) do
    if type(key) == "string" then whole[key] = value end
  end
  for _, part in ipairs(parts) do
    if type(part) == "function" then
      whole.policy = part
    else
      for key, value in pairs(part) do
        if (key == "weekly" or key == "except") and whole[key] then
          for _, row in ipairs(value) do whole[key][#whole[key] + 1] = row end
        elseif key == "weekly" or key == "except" then
          whole[key] = copy(value)
        else
          whole[key] = value
        end
      end
    end
  end
  return whole
end

-- ---- content

local function fragment(name) return { fragment = name } end
local function element(name, content) return { element = name, content = content } end

local function treatments_of(def)
  if type(def.treatments) ~= "table" then return end
  local treatments = {}
  for name, treatment in pairs(def.treatments) do
    if name == "holdout" and type(treatment) == "number" then
      def.holdout = treatment
    else
      treatments[name] = treatment
    end
  end
  def.treatments = treatments
end

-- ---- experiences

local function experience(kind)
  return function(id)
    expect_name(kind, id)
    return function(def)
      expect_table(kind, def)
      local document = copy(def, { kind = kind, id = id })
      document.audience = salted(document.audience, id)
      document.schedule = schedule_of(document.schedule)
      treatments_of(document)
      declare("experience", id, document)
    end
  end
end

local campaign, journey = experience "campaign", experience "journey"

local function audience(name)
  expect_name("audience", name)
  return function(predicate) declare("audience", name, salted(predicate, name)) end
end

local function conflict(configuration)
  expect_name("conflict", configuration)
  return function(policy)
    if type(policy) ~= "function" then
      error("a conflict policy is a function: conflict \"" .. configuration .. "\" (function(candidates, request) … end)", 2)
    end
    declare("conflict", configuration, policy)
  end
end

-- ---- workspaces

local function surface(format)
  return function(def)
    local document, rules = { format = format }, {}
    for key, value in pairs(def) do
      if type(key) == "number" then rules[key] = value else document[key] = value end
    end
    if #rules > 0 then document.rules = rules end
    return document
  end
end
local html, json = surface "html", surface "json"

local function attribute(kind)
  return function(def) return copy(def or {}, { type = kind }) end
end
local number, boolean, date = attribute "number", attribute "boolean", attribute "date"
local function enum(values) return { type = "enum", values = values } end
local function list(of)
  if type(of) == "function" then of = of {} end
  return { type = "list", of = of }
end
-- `text {}` is an attribute's type, `text { "service://…" }` a configuration that shows text.
local function text(def)
  if def and (#def > 0 or def.rules) then return surface "text" (def) end
  return attribute "text" (def)
end

local function stack(most) return { stack = most } end
local function tagged(tag) return { tag = tag } end

-- page { { domain = { endsWith = "shop.example" }, path = "any" }, container = "hero" }
local function page(def)
  local rules, document = {}, {}
  for key, value in pairs(def) do
    if type(key) == "number" then rules[key] = value else document[key] = value end
  end
  document.page = rules
  return document
end

local function workspace(name)
  expect_name("workspace", name)
  return function(def)
    expect_table("workspace", def)
    local document = copy(def, { name = name })
    if type(document.attributes) == "table" then
      document.attributes = copy(document.attributes)
      for key, kind in pairs(document.attributes) do
        if type(kind) == "function" then document.attributes[key] = kind {} end
      end
    end
    declare("workspace", name, document)
  end
end

-- ---- journeys: a step is a document of its own

local function event(name) return { event = name } end
local function after(duration) return duration end
local function wait(duration) return { wait = duration } end
local function wait_until(time) return { ["until"] = time } end
local function show(content, duration) return { show = content, ["for"] = duration } end
local function set(values) return { set = values } end
local function jump(label) return { jump = label } end
local function label(name, step)
  step.label = name
  return step
end
local finish = "finish"

-- await(event "banner.clicked", "24h") { clicked = { … }, timeout = { … } }
local function await(what, timeout)
  return function(branches)
    local step = { await = what, timeout = timeout, otherwise = branches.timeout }
    for name, steps in pairs(branches) do
      if name ~= "timeout" then step["then"] = steps end
    end
    return step
  end
end
-- fetch("stock", { sku = "…" }) { ok = { … }, failed = { … } }
local function fetch(source, with)
  return function(branches) return { fetch = source, with = with, ok = branches.ok, failed = branches.failed } end
end
-- condition { when(PREDICATE) { … }, otherwise = { … } }
local function when(predicate)
  return function(steps) return { when = predicate, ["then"] = steps } end
end
local function condition(branches)
  local rows = {}
  for i, branch in ipairs(branches) do rows[i] = branch end
  return { condition = rows, otherwise = branches.otherwise }
end
-- split { share(50) { … }, share(50) { … } }
local function share(weight)
  return function(steps) return { weight = weight, ["then"] = steps } end
end
local function split(branches)
  local rows = {}
  for i, branch in ipairs(branches) do rows[i] = branch end
  return { split = rows, salt = branches.salt }
end

return {
  workspace = workspace, campaign = campaign, journey = journey, audience = audience, conflict = conflict,
  everyone = everyone, all = all, any = any, no = no, attr = attr, bucket = bucket, in_list = in_list,
  weekly = weekly, recurring = recurring, except = except,
  fragment = fragment, element = element,
  html = html, json = json, text = text, number = number, boolean = boolean, date = date, enum = enum, list = list,
  stack = stack, tagged = tagged, page = page,
  event = event, after = after, wait = wait, wait_until = wait_until, show = show, set = set, jump = jump, label = label,
  finish = finish, await = await, fetch = fetch, when = when, condition = condition, share = share, split = split,
}

-- What fixtures are written with. `world` is the host's: it does one thing to the virtual world and
-- answers { ok = true, value = … } or { ok = false, code = …, message = … }. `collect` takes a test:
-- its name, what to run, what to run once in the world that several share, and what else is known of it.

local expecting, refusal = false, nil

-- A refusal is an error of the test, unless `t:refused` waits for it.
local function ask(level, ...)
  local answer = world(...)
  if answer.ok then return answer.value end
  if expecting then refusal = answer end
  error("refused (" .. answer.code .. "): " .. answer.message, level + 1)
end

local function listed(names)
  if #names == 0 then return "nothing" end
  return table.concat(names, ", ")
end

local function as_list(value)
  if type(value) == "table" then return value end
  return { value }
end

local function has(names, wanted)
  for _, name in ipairs(names) do
    if name == wanted then return true end
  end
  return false
end

-- `want` (names) against what was shown, in any order.
local function same(want, got)
  if #want ~= #got then return false end
  for _, name in ipairs(want) do
    if not has(got, name) then return false end
  end
  return true
end

local function text_of(content)
  if type(content) == "string" then return content end
  return world("json", content).value
end

-- What a snapshot file holds under this name; without a name the test's own.
local function against_snapshot(value, name)
  local answer = world("snapshot", value, name)
  if not answer.ok then error(answer.message, 3) end
end

-- ---- what a profile sees on a surface

-- `node`: on that delivery node; else on the one that accepted the last command, and any other.
local function view_of(profile, surface, node)
  local view = {}
  local function look() return ask(4, "decide", profile.attributes, surface, profile.identity, profile.context, node and node.name) end
  local function why(seen, id)
    for _, row in ipairs(seen.trace) do
      if row.experience == id then return row.fate .. (row.reason and ": " .. row.reason or "") end
    end
    return seen.note or "it is not on this surface, or not live"
  end

  -- Exactly these, on the node that accepted the last command.
  function view:shows(want)
    local seen, names = look(), as_list(want)
    if not same(names, seen.shown) then
      local reasons = {}
      for _, name in ipairs(names) do
        if not has(seen.shown, name) then reasons[#reasons + 1] = name .. ": " .. why(seen, name) end
      end
      error("expected " .. listed(names) .. " on " .. surface .. ", got " .. listed(seen.shown) ..
        (#reasons > 0 and "\n  " .. table.concat(reasons, "\n  ") or ""), 2)
    end
    return self
  end

  function view:shows_nothing(options)
    local seen = look()
    if #seen.shown > 0 then error("expected nothing on " .. surface .. ", got " .. listed(seen.shown), 2) end
    if options and options.because then
      local reasons = {}
      for _, row in ipairs(seen.trace) do
        local reason = row.reason or ""
        if reason:contains(options.because) then return self end
        reasons[#reasons + 1] = row.experience .. " (" .. row.fate .. ": " .. reason .. ")"
      end
      error("nothing is shown, but not because of `" .. options.because .. "`: " .. listed(reasons), 2)
    end
    return self
  end

  function view:shows_default()
    local seen = look()
    if #seen.shown > 0 or not seen.is_default then error("expected the default on " .. surface .. ", got " .. listed(seen.shown), 2) end
    return self
  end

  -- Within the window: must (every node), must not (no node), may (some node may).
  local function in_window(id)
    local seen, with, without = look(), 0, 0
    for _, shown in ipairs(seen.possible) do
      if has(shown, id) then with = with + 1 else without = without + 1 end
    end
    return with, without, seen
  end
  function view:must_show(id)
    local with, without, seen = in_window(id)
    if without > 0 then
      if with > 0 then
        error("`" .. id .. "` may show" .. (node and " on " .. node.name or "") .. ", but not " .. (node and "surely" or "on every node yet") ..
          ": the answer depends on how fast a node was", 2)
      end
      error("`" .. id .. "` is not shown: " .. why(seen, id), 2)
    end
    return self
  end
  function view:must_not_show(id)
    local with, without = in_window(id)
    if with > 0 then
      if without > 0 then
        error("`" .. id .. "` may still show on " .. (node and node.name or "some node") .. ": " ..
          (node and "it depends on how fast the node was" or "the window has not passed"), 2)
      end
      error("`" .. id .. "` is shown", 2)
    end
    return self
  end
  function view:may_show(id)
    local with, _, seen = in_window(id)
    if with == 0 then error("`" .. id .. "` can be shown by no node: " .. why(seen, id), 2) end
    return self
  end

  -- What the first proposition says, whole or in part; `element` picks another.
  local function content(element)
    local seen = look()
    for _, row in ipairs(seen.propositions) do
      if element == nil or row.element == element then return row.content end
    end
    error("nothing is shown on " .. surface .. (element and " in the element " .. element or ""), 3)
  end
  function view:content(want, element)
    local got = text_of(content(element))
    if got ~= text_of(want) then error("expected the content\n  " .. text_of(want) .. "\ngot\n  " .. got, 2) end
    return self
  end
  function view:contains(text, element)
    local got = text_of(content(element))
    if not got:contains(text) then error("expected `" .. text .. "` within\n  " .. got, 2) end
    return self
  end
  -- Everything that is shown, as it was when somebody looked at it.
  function view:matches_snapshot(name)
    against_snapshot({ propositions = look().propositions }, name)
    return self
  end
  -- Why an experience is not shown.
  function view:dropped(id, because)
    local seen = look()
    if has(seen.shown, id) then error("`" .. id .. "` is shown", 2) end
    local reason = why(seen, id)
    if because and not reason:contains(because) then error("`" .. id .. "` is dropped because: " .. reason, 2) end
    return self
  end
  return view
end

local function profile_of(attributes, options)
  options = options or {}
  if type(options) == "string" then options = { identity = options } end
  local profile = { attributes = attributes or {}, identity = options.identity or "tester:1", context = options.context }
  function profile:on(surface, node)
    if node ~= nil and (type(node) ~= "table" or node.name == nil) then error("a node is what t:node \"…\" gave", 2) end
    return view_of(profile, surface, node)
  end
  -- The same person with some attributes changed.
  function profile:with(changes)
    local changed = {}
    for key, value in pairs(profile.attributes) do changed[key] = value end
    for key, value in pairs(changes) do changed[key] = value end
    return profile_of(changed, options)
  end
  return profile
end

-- ---- the world in a test's hands

local function new_test()
  local t = {}
  function t:at(time) return ask(2, "at", time) end
  function t:advance(duration) return ask(2, "advance", duration) end
  function t:profile(attributes, options) return profile_of(attributes, options) end
  function t:status(id) return ask(2, "status", id) end
  function t:create(definition, options) return ask(2, "create", definition.id, definition, options) end
  function t:edit(id, changes, options) return ask(2, "edit", id, changes, options) end
  -- activate("x", { approved_by = { "ann", "bob" } }) submits and approves first.
  function t:activate(id, options) return ask(2, "activate", id, options) end
  function t:activate_all() return ask(2, "activate_all") end
  function t:duplicate(id, new_id, options) return ask(2, "duplicate", id, new_id, options) end
  for _, verb in ipairs { "submit", "withdraw", "request_changes", "approve", "unschedule", "stop", "pause", "resume", "close", "archive", "delete" } do
    t[verb] = function(_, id, options) return ask(2, verb, id, options) end
  end
  -- A delivery node: connected and caught up from here on.
  function t:node(name)
    ask(2, "node", name)
    local node = { name = name }
    for _, verb in ipairs { "partition", "heal", "restart", "reboot" } do
      node[verb] = function() ask(2, verb, name) end
    end
    return node
  end
  -- The function must be refused with this code; the message comes back.
  function t:refused(code, attempt)
    expecting, refusal = true, nil
    local went_through = pcall(attempt)
    expecting = false
    if went_through then error("expected a refusal (" .. code .. "), but it was done", 2) end
    if not refusal then attempt() end   -- it failed for another reason: let that be seen
    if refusal.code ~= code then error("expected a refusal (" .. code .. "), got (" .. refusal.code .. "): " .. refusal.message, 2) end
    return refusal.message
  end
  -- t:expect_refused("experience_final", "edit", "welcome", { priority = 1 }): one command, by its word.
  function t:expect_refused(code, verb, ...)
    local arguments, command = { ... }, t[verb]
    if not command then error("there is no command `" .. tostring(verb) .. "`", 2) end
    return t:refused(code, function() command(t, unpack(arguments)) end)
  end
  function t:equal(got, want)
    if text_of(got) ~= text_of(want) then error("expected " .. text_of(want) .. ", got " .. text_of(got), 2) end
  end
  function t:matches_snapshot(value, name) against_snapshot(value, name) end
  function t:yes(condition, message)
    if not condition then error(message or "expected a true value", 2) end
  end
  return t
end

local function test(name)
  if type(name) ~= "string" then error("a test has a name: write test \"name\" (function(t) … end)", 2) end
  return function(body)
    if type(body) ~= "function" then error("a test has a body: write test \"" .. name .. "\" (function(t) … end)", 2) end
    collect(name, function() body(new_test()) end)
  end
end

-- ---- many tests at once

-- Everything live, or those of `live`; since long before `at`, so that it is everywhere.
local function setting(def, at)
  return function()
    local t = new_test()
    if at then ask(2, "at_long_before", at) end
    if def.live then
      for _, id in ipairs(def.live) do ask(2, "activate_approved", id) end
    else
      t:activate_all()
    end
    if at then t:at(at) end
  end
end

-- The rows of a CSV or JSON file beside the tests: a list of tables by column, that knows its `file`,
-- its `columns` and the `lines` of its rows.
local function rows(file)
  local answer = world("rows", file)
  if not answer.ok then error(answer.message, 2) end
  local list, found = { file = answer.value.file, columns = answer.value.columns, lines = {} }, answer.value.rows
  for i, row in ipairs(found) do list[i], list.lines[i] = row.cells, row.line end
  return list
end

-- Columns of cases that are no attributes: what is asked, and what must come of it.
local asked, expected = { "at", "on", "identity" }, { "shows", "because", "content", "contains", "element" }

-- One row as a test of its own: `cells` by column, in a world that the rows of a `group` share.
local function case(name, def, columns, cells, group, info)
  local label = {}
  for _, column in ipairs(columns) do
    if not has(expected, column) then label[#label + 1] = cells[column] == nil and "nil" or text_of(cells[column]) end
  end
  label[#label + 1] = cells.shows == nil and "nil" or text_of(cells.shows)
  local attributes = {}
  for _, column in ipairs(columns) do
    if not has(asked, column) and not has(expected, column) then attributes[column] = cells[column] end
  end
  local at = cells.at or def.at
  info.group = group .. (at and " at " .. at or "")
  collect(name .. ": " .. table.concat(label, ", "), function()
    local on = cells.on or def.on
    if type(on) ~= "string" then error("cases say on which surface: on = \"hero\", or a column `on`") end
    local view = new_test():profile(attributes, { identity = cells.identity or def.identity, context = def.context }):on(on)
    local want = cells.shows
    if want == nil or want == "nothing" then
      view:shows_nothing(cells.because and { because = cells.because })
    else
      view:shows(type(want) == "number" and tostring(want) or want)
    end
    if cells.content ~= nil then view:content(cells.content, cells.element) end
    if cells.contains ~= nil then view:contains(tostring(cells.contains), cells.element) end
  end, setting(def, at), info)
end

-- cases "name" { on = "hero", at = "…", { "attribute", …, "shows" }, { value, …, "experience" }, … }
-- cases "name" { on = "hero", at = "…", rows "file.csv" }
-- Every experience that can be is live; `live = { … }` narrows.
local groups = 0
local function cases(name)
  if type(name) ~= "string" then error("cases have a name: write cases \"name\" { … }", 2) end
  return function(def)
    if type(def) ~= "table" then error("cases are a table: write cases \"" .. name .. "\" { … }", 2) end
    groups = groups + 1
    local header
    local function check(columns, where)
      if not has(columns, "shows") then error(where .. " names the attributes, and `shows`", 3) end
      local answer = world("columns", columns)
      if not answer.ok then error((where == "the first row of cases" and "" or where .. ": ") .. answer.message, 3) end
    end
    for i = 1, #def do
      local row = def[i]
      if type(row) ~= "table" then error("a row of cases is a table, got a " .. type(row), 2) end
      if row.file then
        check(row.columns, row.file .. ":1")
        for n, cells in ipairs(row) do
          case(name, def, row.columns, cells, tostring(groups), { place = row.file .. ":" .. row.lines[n] })
        end
      elseif not header then
        header = row
        check(header, "the first row of cases")
      else
        local cells = {}
        for column = 1, #header do cells[header[column]] = row[column] end
        case(name, def, header, cells, tostring(groups), { row = i })
      end
    end
  end
end

-- property "name" { runs = 200, given = { … }, where = function(attributes) … end, function(t, profile) … end }
-- The host makes the profiles, from the declared types of attributes, and makes one that fails smaller.
local function property(name)
  if type(name) ~= "string" then error("a property has a name: write property \"name\" { function(t, profile) … end }", 2) end
  return function(def)
    if type(def) == "function" then def = { def } end
    local body = type(def) == "table" and def[1]
    if type(body) ~= "function" then error("a property has a body: write property \"" .. name .. "\" { function(t, profile) … end }", 2) end
    if def.where ~= nil and type(def.where) ~= "function" then error("`where` is a function of the attributes that tells whether to take them", 2) end
    groups = groups + 1
    collect(name, function(attributes, identity)
      if def.where and not def.where(attributes) then return "discard" end
      body(new_test(), profile_of(attributes, { identity = identity, context = def.context }))
    end, setting(def, def.at), { group = tostring(groups), property = { runs = def.runs, given = def.given } })
  end
end

-- Types, for what a property is given: `given = { ["cart.total"] = number { min = 50 } }`.
local function of_type(word)
  return function(def)
    local document = { type = word }
    for key, value in pairs(def or {}) do document[key] = value end
    return document
  end
end
local function enum(values) return { type = "enum", values = values } end
local function list(of) return { type = "list", of = of } end

return {
  test = test, cases = cases, rows = rows, property = property,
  number = of_type "number", text = of_type "text", boolean = of_type "boolean", date = of_type "date", enum = enum, list = list,
}

#include "bindings/lua/loops.h"

#include <lua.hpp>

#include "base/limits.h"
#include "bindings/lua/host.h"
#include "bindings/lua/module.h"

namespace footlight {

// string.cc
int gsub_arguments(lua_State* L);
int gsub_scan(lua_State* L);
int gsub_replacement(lua_State* L);
int gsub_text(lua_State* L);

namespace {

// (list, before) -> size
int sort_arguments(lua_State* L) {
  table_argument(L, 1, "table.sort");
  if (!lua_isnoneornil(L, 2) && lua_type(L, 2) != LUA_TFUNCTION) { return wrong_argument(L, 2, "table.sort", "a function"); }
  const std::size_t size = lua_objlen(L, 1);
  if (size > limits::script_sort_max) {
    return fail(L, "`table.sort` sorts at most " + std::to_string(limits::script_sort_max) + " elements, got " + std::to_string(size));
  }
  lua_pushinteger(L, static_cast<lua_Integer>(size));
  return 1;
}

// (list, f, name) -> size
int callback_arguments(lua_State* L) {
  const char* const function = lua_tostring(L, 3);
  table_argument(L, 1, function);
  if (lua_type(L, 2) != LUA_TFUNCTION) return wrong_argument(L, 2, function, "a function");
  const std::size_t size = lua_objlen(L, 1);
  if (size > limits::script_list_max)
    return fail(L,
                "`" + std::string(function) + "` works on at most " + std::to_string(limits::script_list_max) + " elements, got " +
                    std::to_string(size));
  lua_pushinteger(L, static_cast<lua_Integer>(size));
  return 1;
}

// (list) -> list, marked as a JSON array
int mark(lua_State* L) {
  lua_settop(L, 1);
  return mark_list(L);
}

// (pieces) -> text
int join(lua_State* L) {
  std::string out;
  const auto count = static_cast<int>(lua_objlen(L, 1));
  for (int i = 1; i <= count && out.size() <= limits::script_string_bytes_max; ++i) {
    lua_rawgeti(L, 1, i);
    std::size_t size = 0;
    const char* piece = lua_tolstring(L, -1, &size);
    out.append(piece, size);
    lua_pop(L, 1);
  }
  host_of(L).charge(L, out.size());
  return push_text(L, out, "string.gsub");
}

// (s, first, last) -> part
int part(lua_State* L) {
  const std::string_view s = string_argument(L, 1, "string.gsub");
  const auto first = static_cast<std::size_t>(lua_tointeger(L, 2));
  const auto last = static_cast<std::size_t>(lua_tointeger(L, 3));
  const std::string_view result = first > last ? "" : s.substr(first - 1, last - first + 1);
  host_of(L).charge(L, result.size());
  lua_pushlstring(L, result.data(), result.size());
  return 1;
}

}  // namespace

// A stop may come at any instruction here: nothing in it outlives the call.
//
// sort is a merge sort from short runs up: stable, and a comparison that lies only costs its author
// the order. gsub follows Lua 5.1: after an empty match one character is copied.
const char* const loops_lua = R"lua(
local __fuel,__stop,__in,__lt,__le,__gt,__ge,__fn,__cat,__va,pcall,sort_arguments,less,gsub_arguments,scan,replacement,gsub_text,part,join,null,arguments,mark=...
return function()
  __fuel=__fuel-1 if __fuel<0 then __stop() end

  local function checked(...)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    return ...
  end

  local function protected(f, ...)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    return checked(pcall(f, ...))
  end

  local function merge(from, to, first, middle, last, before)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local left, right = first, middle
    for at = first, last - 1 do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      if left < middle and (right >= last or not before(from[right], from[left])) then
        to[at] = from[left]
        left = left + 1
      else
        to[at] = from[right]
        right = right + 1
      end
    end
  end

  local function sort(list, before)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local size = sort_arguments(list, before)
    before = before or less
    local from, to = {}, {}
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      from[i] = list[i]
    end
    local width = 1
    while width < size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      for first = 1, size, 2 * width do
        __fuel=__fuel-1 if __fuel<0 then __stop() end
        local middle = first + width
        local last = middle + width
        if middle > size + 1 then middle = size + 1 end
        if last > size + 1 then last = size + 1 end
        merge(from, to, first, middle, last, before)
      end
      from, to = to, from
      width = 2 * width
    end
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      list[i] = from[i]
    end
  end

  local function chosen(s, with, kind, from, after, ...)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    if not from then return nil end
    local value
    if kind == 2 then value = with[(...)] else value = with(...) end
    return replacement(value, part(s, from, after - 1)), from, after
  end

  local function gsub(s, pattern, with, most)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local kind
    s, pattern, with, most, kind = gsub_arguments(s, pattern, with, most)
    if kind == 0 then return gsub_text(s, pattern, with, most) end
    local anchored = part(pattern, 1, #pattern > 0 and 1 or 0) == "^"
    local pieces, size, copied, at, count = {}, 0, 1, 1, 0
    while count < most do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      local piece, from, after = chosen(s, with, kind, scan(s, pattern, at, kind))
      if not piece then break end
      count = count + 1
      pieces[size + 1] = part(s, copied, from - 1)
      pieces[size + 2] = piece
      size = size + 2
      copied = after
      at = after > from and after or after + 1
      if anchored then break end
    end
    pieces[size + 1] = part(s, copied, #s)
    return join(pieces), count
  end

  local function map(list, f)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local size, out, n = arguments(list, f, "table.map"), {}, 0
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      local value = f(list[i], i)
      if value ~= nil then
        n = n + 1
        out[n] = value
      end
    end
    return mark(out)
  end

  local function filter(list, keep)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local size, out, n = arguments(list, keep, "table.filter"), {}, 0
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      local value = list[i]
      if keep(value, i) then
        n = n + 1
        out[n] = value
      end
    end
    return mark(out)
  end

  local function find(list, test)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local size = arguments(list, test, "table.find")
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      local value = list[i]
      if test(value, i) then return value, i end
    end
    return nil
  end

  local function any(list, test)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local size = arguments(list, test, "table.any")
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      if test(list[i], i) then return true end
    end
    return false
  end

  local function all(list, test)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local size = arguments(list, test, "table.all")
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      if not test(list[i], i) then return false end
    end
    return true
  end

  local function count(list, test)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local size, n = arguments(list, test, "table.count"), 0
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      if test(list[i], i) then n = n + 1 end
    end
    return n
  end

  local function reduce(list, f, value)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local size = arguments(list, f, "table.reduce")
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      value = f(value, list[i], i)
    end
    return value
  end

  local function sort_by(list, key)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local size, keys, order, out = arguments(list, key, "table.sort_by"), {}, {}, {}
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      keys[i] = key(list[i])
      order[i] = i
    end
    sort(order, function(a, b)
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      return (less(keys[a], keys[b]))
    end)
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      out[i] = list[order[i]]
    end
    return mark(out)
  end

  local function group_by(list, key)
    __fuel=__fuel-1 if __fuel<0 then __stop() end
    local size, groups = arguments(list, key, "table.group_by"), {}
    for i = 1, size do
      __fuel=__fuel-1 if __fuel<0 then __stop() end
      local value = list[i]
      local name = key(value)
      if name ~= nil then
        local group = groups[name]
        if not group then
          group = mark({})
          groups[name] = group
        end
        group[#group + 1] = value
      end
    end
    return groups
  end

  return {["table.map"] = map, ["table.filter"] = filter, ["table.find"] = find, ["table.any"] = any, ["table.all"] = all,
    ["table.count"] = count, ["table.reduce"] = reduce, ["table.sort_by"] = sort_by, ["table.group_by"] = group_by,
    ["pcall"] = protected, ["table.sort"] = sort, ["string.gsub"] = gsub, ["null"] = null}
end
)lua";

// In the order of the chunk's first line, from `pcall` on; `less` is its `__lt`.
int push_loop_helpers(lua_State* L, int pcall_index) {
  const int top = lua_gettop(L);
  lua_pushvalue(L, pcall_index);
  lua_pushcfunction(L, sort_arguments);
  lua_getfield(L, LUA_REGISTRYINDEX, "footlight.less");
  lua_pushcfunction(L, gsub_arguments);
  lua_pushcfunction(L, gsub_scan);
  lua_pushcfunction(L, gsub_replacement);
  lua_pushcfunction(L, gsub_text);
  lua_pushcfunction(L, part);
  lua_pushcfunction(L, join);
  lua_pushlightuserdata(L, nullptr);
  lua_pushcfunction(L, callback_arguments);
  lua_pushcfunction(L, mark);
  return lua_gettop(L) - top;
}

}  // namespace footlight

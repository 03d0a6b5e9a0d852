#include "script/view.h"

#include <algorithm>
#include <cstring>
#include <lua.hpp>

#include "script/convert.h"
#include "script/state.h"

namespace footlight {

ViewSource::Found ValueView::at(std::string_view path) const {
  const Value* value = path.empty() ? &root_ : root_.at_path(path);
  if (value && value->is_object()) return {nullptr, true};
  if (value) return {value, false};
  return {nullptr, objects_ && objects_->contains(path)};
}

std::vector<std::string> ValueView::keys(std::string_view path) const {
  std::vector<std::string> keys;
  const Value* value = path.empty() ? &root_ : root_.at_path(path);
  if (!value || !value->is_object()) return keys;
  for (const auto& [key, member] : value->object()) {
    if (!member.is_null()) keys.push_back(key);
  }
  return keys;
}

std::set<std::string, std::less<>> object_paths(const std::vector<std::string>& dotted_names) {
  std::set<std::string, std::less<>> paths;
  for (const std::string& name : dotted_names) {
    for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) { paths.insert(name.substr(0, dot)); }
  }
  return paths;
}

namespace {

// A view as Lua holds it: userdata of this and the characters of its path.
//
// Reads go from the userdata through `__index` to a table of what was read, without a call of ours: that is where a
// policy spends its time. What the table does not have yet its own `__index` asks the source for, and keeps. The script
// never holds the table, so that it stays as it was written.
struct View {
  const ViewSource* source;
  std::uint64_t serial;  // of the call it is lent to; 0: for the life of the Vm
  std::uint32_t path_size;

  char* path_chars() { return reinterpret_cast<char*>(this + 1); }
  std::string_view path() { return {path_chars(), path_size}; }
};

// Under its address the table has its view: a key that no script can make.
char view_of;

// Vm::State::view_type: names and values of what all metatables of views have, one after the other, then the metatable
// of what is read, and those of the views that are lent to running calls.
constexpr int view_rows = 6, index_row = 9, reads_type = 2 * view_rows + 1, lent_views = reads_type + 1;

int read(lua_State* L);
int keys(lua_State* L);

int equal(lua_State* L) {
  auto* a = static_cast<View*>(lua_touserdata(L, 1));
  auto* b = static_cast<View*>(lua_touserdata(L, 2));
  lua_pushboolean(L, a->source == b->source && a->serial == b->serial && a->path() == b->path());
  return 1;
}

int has_ended(lua_State* L) { return fail(L, "this value was lent to a call that has ended; copy what you need of it"); }

int new_index(lua_State* L) {
  const std::string key = text_at(L, 2);
  return fail(L, "cannot set `" + key + "`: this value is only lent for reading");
}

// Only views have this metamethod.
int keys(lua_State* L) {
  auto* view = static_cast<View*>(lua_touserdata(L, 1));
  const auto& calls = state_of(L).lent;
  if (view->serial != 0 && std::find(calls.begin(), calls.end(), view->serial) == calls.end()) return has_ended(L);
  const std::vector<std::string> keys = view->source->keys(view->path());
  host_of(L).charge(L, 32 * keys.size());
  lua_createtable(L, static_cast<int>(keys.size()), 0);
  int i = 0;
  for (const std::string& key : keys) {
    lua_pushlstring(L, key.data(), key.size());
    lua_rawseti(L, -2, ++i);
  }
  return 1;
}

int length(lua_State* L) { return fail(L, "this value is an object; `#` counts the elements of a list"); }

void new_view(lua_State* L, const ViewSource& source, std::uint64_t serial, std::string_view path) {
  luaL_checkstack(L, 6, "views are nested too deep");
  auto* view = static_cast<View*>(lua_newuserdata(L, sizeof(View) + path.size()));
  view->source = &source;
  view->serial = serial;
  view->path_size = static_cast<std::uint32_t>(path.size());
  path.copy(view->path_chars(), path.size());

  Vm::State& state = state_of(L);
  lua_createtable(L, 0, view_rows);  // its metatable
  lua_rawgeti(L, LUA_REGISTRYINDEX, state.view_type);
  for (int i = 1; i < 2 * view_rows; i += 2) {
    lua_rawgeti(L, -1, i);
    lua_rawgeti(L, -2, i + 1);
    lua_rawset(L, -4);
  }
  lua_createtable(L, 0, 4);  // what is read of it
  lua_pushlightuserdata(L, &view_of);
  lua_pushvalue(L, -5);
  lua_rawset(L, -3);
  lua_rawgeti(L, -2, reads_type);
  lua_setmetatable(L, -2);
  lua_setfield(L, -3, "__index");
  if (serial != 0) {
    lua_rawgeti(L, -1, lent_views);
    lua_pushvalue(L, -3);
    lua_rawseti(L, -2, state.lent_view_count + 1);  // counted behind it, for there may be no memory for one more
    ++state.lent_view_count;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  lua_setmetatable(L, -2);
}

// (reads, key) -> what stands there. A read costs the same whether it was kept or not, so that fuel does not depend on
// what ran before: nothing for what is kept, for it is a field of a table from then on.
int read(lua_State* L) {
  if (lua_type(L, 2) != LUA_TSTRING) {
    lua_pushnil(L);  // attributes have names
    return 1;
  }
  lua_pushlightuserdata(L, &view_of);
  lua_rawget(L, 1);
  auto* view = static_cast<View*>(lua_touserdata(L, -1));
  std::size_t key_size = 0;
  const char* key_chars = lua_tolstring(L, 2, &key_size);
  const std::string_view key(key_chars, key_size);
  // A key with a dot is no way around `p.a.b`; the path of an attribute is short.
  constexpr std::size_t longest = 512;
  if (key.find('.') != key.npos || view->path_size + key.size() + 1 > longest) {
    lua_pushnil(L);
    return 1;
  }
  char buffer[longest];
  std::size_t size = view->path().copy(buffer, view->path_size);
  if (size > 0) buffer[size++] = '.';
  size += key.copy(buffer + size, key.size());
  const std::string_view path(buffer, size);

  const ViewSource::Found found = view->source->at(path);
  if (!found.is_object && (!found.value || found.value->is_null())) {
    host_of(L).charge(L, 0);
    lua_pushnil(L);
    return 1;
  }
  if (!found.is_object && found.value->is_array()) {
    // Never kept: it is copied each time, because a script may change its copy.
    host_of(L).charge(L, 32 * found.value->array().size());
    push_value(L, *found.value);
    return 1;
  }
  if (found.is_object) new_view(L, *view->source, view->serial, path);
  else push_value(L, *found.value);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

}  // namespace

void build_views(lua_State* L) {
  const luaL_Reg rows[] = {{"__newindex", new_index}, {"__pairs", keys}, {"__len", length}, {"__eq", equal}, {"__index", has_ended}};
  lua_newtable(L);
  int i = 0;
  for (const auto& [name, function] : rows) {
    lua_pushstring(L, name);
    lua_rawseti(L, -2, ++i);
    lua_pushcfunction(L, function);
    lua_rawseti(L, -2, ++i);
  }
  lua_pushliteral(L, "__metatable");
  lua_rawseti(L, -2, ++i);
  lua_pushboolean(L, 0);
  lua_rawseti(L, -2, ++i);
  lua_newtable(L);
  lua_pushcfunction(L, read);
  lua_setfield(L, -2, "__index");
  lua_rawseti(L, -2, reads_type);
  lua_newtable(L);
  lua_rawseti(L, -2, lent_views);
  state_of(L).view_type = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_newtable(L);
  state_of(L).read_values = luaL_ref(L, LUA_REGISTRYINDEX);
}

void push_view(lua_State* L, const ViewSource& source, std::uint64_t serial) { new_view(L, source, serial, ""); }

void push_read(lua_State* L, const Argument& from, Read read, std::uint64_t serial) {
  const std::string& name = state_of(L).reads[static_cast<std::size_t>(read.name)].name;
  ViewSource::Found found;
  if (const auto* view = std::get_if<const ViewSource*>(&from)) {
    found = (*view)->at(name);
    if (found.is_object) return new_view(L, **view, serial, name);
  } else if (const Value* value = std::get_if<Value>(&from)) {
    found.value = value->find(name);
  }
  if (found.value) push_value(L, *found.value);
  else lua_pushnil(L);
}

void push_kept_read(lua_State* L, Vm::State& state, const Argument& from, Read read, std::uint64_t serial, std::uint64_t about,
                    int values) {
  Vm::State::KeptRead& kept = state.reads[static_cast<std::size_t>(read.name)];
  if (kept.about == about) {
    if (kept.is_absent) lua_pushnil(L);
    else lua_rawgeti(L, values, read.name + 1);
    return;
  }
  push_read(L, from, read, serial);
  if (lua_type(L, -1) == LUA_TUSERDATA) return;  // a view dies with its call, and is not kept beyond it
  kept.is_absent = lua_isnil(L, -1);
  if (!kept.is_absent) {
    lua_pushvalue(L, -1);
    lua_rawseti(L, values, read.name + 1);
  }
  kept.about = about;
}

void end_views(lua_State* L, int from, std::uint64_t serial) {
  int& count = state_of(L).lent_view_count;
  int left = from;
  lua_rawgeti(L, LUA_REGISTRYINDEX, state_of(L).view_type);
  lua_rawgeti(L, -1, lent_views);
  for (int i = from + 1; i <= count; ++i) {
    lua_rawgeti(L, -1, i);  // the metatable
    lua_rawgeti(L, -3, index_row);
    lua_rawget(L, -2);  // what was read
    lua_pushlightuserdata(L, &view_of);
    lua_rawget(L, -2);
    const bool has_ended_now = static_cast<View*>(lua_touserdata(L, -1))->serial == serial;
    lua_pop(L, 2);
    if (has_ended_now) {
      lua_rawgeti(L, -3, index_row);
      lua_rawgeti(L, -4, index_row + 1);
      lua_rawset(L, -3);
      lua_pop(L, 1);
    } else {
      lua_rawseti(L, -2, ++left);  // a call around this one has it
    }
  }
  for (; count > left; --count) {
    lua_pushnil(L);
    lua_rawseti(L, -2, count);
  }
  lua_pop(L, 2);
}

}  // namespace footlight

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
    for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
      paths.insert(name.substr(0, dot));
    }
  }
  return paths;
}

namespace {

// A view as Lua holds it: userdata of this and the characters of its path.
struct View {
  const ViewSource* source;
  std::uint64_t serial;  // of the call it is lent to; 0: for the life of the Vm
  // Read by many functions in one call: what was read is kept in a table, the userdata's environment.
  // For a single function that table would cost more than it saves.
  bool is_shared;
  bool has_kept;
  std::uint32_t path_size;

  char* path_chars() { return reinterpret_cast<char*>(this + 1); }
  std::string_view path() { return {path_chars(), path_size}; }
};

View* new_view(lua_State* L, std::size_t path_size) {
  auto* view = static_cast<View*>(lua_newuserdata(L, sizeof(View) + path_size));
  view->has_kept = false;
  view->path_size = static_cast<std::uint32_t>(path_size);
  lua_rawgeti(L, LUA_REGISTRYINDEX, state_of(L).view_type);
  lua_setmetatable(L, -2);
  return view;
}

void push_child(lua_State* L, const View& parent, std::string_view path) {
  View* child = new_view(L, path.size());
  child->source = parent.source;
  child->serial = parent.serial;
  child->is_shared = parent.is_shared;
  std::memcpy(child->path_chars(), path.data(), path.size());
}

// Only views have this metatable, and only their metamethods get here.
View* live_view(lua_State* L) {
  auto* view = static_cast<View*>(lua_touserdata(L, 1));
  const auto& lent = state_of(L).lent;
  if (view->serial != 0 && std::find(lent.begin(), lent.end(), view->serial) == lent.end()) {
    fail(L, "this value was lent to a call that has ended; copy what you need of it");
  }
  return view;
}

// Keeps the value on top for the key at 2.
void keep(lua_State* L, View* view) {
  if (!view->has_kept) {
    lua_newtable(L);
    lua_setfenv(L, 1);
    view->has_kept = true;
  }
  lua_getfenv(L, 1);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -3);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

// Pushes what was kept for the key at 2, if anything was.
bool push_kept(lua_State* L, View* view) {
  if (!view->has_kept) return false;
  lua_getfenv(L, 1);
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return !lua_isnil(L, -1);
}

// What a read costs: the same whether it was kept or not, so that fuel does not depend on what ran before.
std::size_t bytes_of(const Value& value) {
  if (value.is_string()) return value.string().size();
  return value.is_array() ? 32 * value.array().size() : 0;
}

int index(lua_State* L) {
  View* view = live_view(L);
  if (lua_type(L, 2) != LUA_TSTRING) {
    lua_pushnil(L);  // attributes have names
    return 1;
  }
  if (push_kept(L, view)) {
    host_of(L).charge(L, lua_type(L, -1) == LUA_TSTRING ? lua_objlen(L, -1) : 0);
    return 1;
  }
  const std::string_view key = string_argument(L, 2, "a view");
  // A key with a dot is no way around `p.a.b`; the path of an attribute is short.
  constexpr std::size_t longest = 512;
  if (key.find('.') != key.npos || view->path_size + key.size() + 1 > longest) {
    lua_pushnil(L);
    return 1;
  }
  char buffer[longest];
  std::size_t size = 0;
  if (view->path_size > 0) {
    std::memcpy(buffer, view->path_chars(), view->path_size);
    size = view->path_size;
    buffer[size++] = '.';
  }
  std::memcpy(buffer + size, key.data(), key.size());
  const std::string_view path(buffer, size + key.size());

  const ViewSource::Found found = view->source->at(path);
  host_of(L).charge(L, found.value ? bytes_of(*found.value) : 0);
  if (found.is_object) {
    push_child(L, *view, path);
  } else if (found.value) {
    push_value(L, *found.value);
  } else {
    lua_pushnil(L);
    return 1;
  }
  // Never a list: it is copied each time, because a script may change its copy.
  if (view->is_shared && !lua_istable(L, -1)) keep(L, view);
  return 1;
}

int equal(lua_State* L) {
  auto* a = static_cast<View*>(lua_touserdata(L, 1));
  auto* b = static_cast<View*>(lua_touserdata(L, 2));
  lua_pushboolean(L, a->source == b->source && a->serial == b->serial && a->path() == b->path());
  return 1;
}

int new_index(lua_State* L) {
  const std::string key = text_at(L, 2);
  return fail(L, "cannot set `" + key + "`: this value is only lent for reading");
}

int keys(lua_State* L) {
  View* view = live_view(L);
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

}  // namespace

void build_views(lua_State* L) {
  const luaL_Reg rows[] = {
      {"__index", index}, {"__newindex", new_index}, {"__pairs", keys}, {"__len", length}, {"__eq", equal}};
  lua_newtable(L);
  for (const auto& [name, function] : rows) {
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, name);
  }
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  state_of(L).view_type = luaL_ref(L, LUA_REGISTRYINDEX);
}

void push_view(lua_State* L, const ViewSource& source, std::uint64_t serial, bool is_shared) {
  View* view = new_view(L, 0);
  view->source = &source;
  view->serial = serial;
  view->is_shared = is_shared;
}

}  // namespace footlight

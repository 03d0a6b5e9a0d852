#include "script/captured.h"

#include <algorithm>
#include <cmath>
#include <lua.hpp>
#include <optional>
#include <set>

#include "base/limits.h"
#include "bindings/lua/host.h"
#include "script/convert.h"
#include "script/state.h"

namespace footlight {
namespace {

using Kind = CapturedThing::Kind;

// Walks from function to variable to table. Functions and tables that were met stay on a Lua table of our own,
// by number: functions at 2n+1, tables at 2n+2.
class Collector {
 public:
  Collector(lua_State* L, const Environment& known, const AskUse& use) : L_(L), use_(use) {
    lua_newtable(L_);
    met_ = lua_gettop(L_);
    standard(known);
  }

  // The function is on top of the stack.
  void run(Captures& out) {
    out_ = &out;
    if (!thing(lua_gettop(L_), "the policy")) return;
    // Both lists grow while they are walked.
    for (std::size_t next = 0; next < out.functions.size() && !refused_; ++next) function(next);
    for (CapturedTable& table : out.tables)
      std::sort(table.members.begin(), table.members.end(),
                [](const CapturedMember& left, const CapturedMember& right) { return before(left.key, right.key); });
  }

  std::optional<Error>& refused() { return refused_; }

 private:
  // Names of what every policy may call, by address.
  void standard(const Environment& known) {
    lua_rawgeti(L_, LUA_REGISTRYINDEX, state_of(L_).allowed);
    const int allowed = lua_gettop(L_);
    for (lua_pushnil(L_); lua_next(L_, allowed); lua_pop(L_, 1)) {
      const std::string name = text_at(L_, -2);
      if (lua_isfunction(L_, -1) || lua_isuserdata(L_, -1)) standard_.emplace(lua_topointer(L_, -1), name);
      if (lua_type(L_, -1) != LUA_TUSERDATA || !lua_getmetatable(L_, -1)) continue;
      lua_getfield(L_, -1, "__index");
      if (lua_istable(L_, -1))
        for (lua_pushnil(L_); lua_next(L_, -2); lua_pop(L_, 1))
          if (lua_isfunction(L_, -1)) standard_.emplace(lua_topointer(L_, -1), name + "." + text_at(L_, -2));
      lua_pop(L_, 2);
    }
    lua_pop(L_, 1);
    for (const Global& global : known)
      if (const auto* ref = std::get_if<FunctionRef>(&global.what)) {
        lua_rawgeti(L_, LUA_REGISTRYINDEX, ref->id);
        standard_.emplace(lua_topointer(L_, -1), global.name);
        lua_pop(L_, 1);
      }
  }

  static bool before(const Value& left, const Value& right) {
    const auto rank = [](const Value& key) { return key.is_number() ? 0 : key.is_string() ? 1 : 2; };
    if (rank(left) != rank(right)) return rank(left) < rank(right);
    if (left.is_number()) return left.number() < right.number();
    return left.is_string() ? left.string() < right.string() : left.boolean() < right.boolean();
  }

  bool refuse_it(Code code, const std::string& why) {
    if (!refused_) refused_ = refuse(code, why);
    return false;
  }

  // The number of a function or table that is met for the first time, or again.
  int number(std::map<const void*, int>& numbers, int at, std::size_t parity, std::size_t count) {
    const auto [found, is_new] = numbers.try_emplace(lua_topointer(L_, at), static_cast<int>(count));
    if (is_new) {
      lua_pushvalue(L_, at);
      lua_rawseti(L_, met_, static_cast<int>(2 * count + parity));
    }
    return found->second;
  }

  // The value at a place of the stack; none where it cannot be written. `path` says what it is, for messages.
  std::optional<CapturedThing> thing(int at, const std::string& path) {
    luaL_checkstack(L_, 8, "a value is nested too deep");
    if (++things_ > limits::script_value_nodes_max) {
      refuse_it(Code::limit_exceeded,
                "the policy uses more than " + std::to_string(limits::script_value_nodes_max) + " values from around it");
      return {};
    }
    switch (lua_type(L_, at)) {
      case LUA_TNIL: return CapturedThing{};
      case LUA_TBOOLEAN: return CapturedThing{.value = lua_toboolean(L_, at) != 0};
      case LUA_TNUMBER: return CapturedThing{.value = lua_tonumber(L_, at)};
      case LUA_TSTRING: {
        std::size_t size = 0;
        const char* text = lua_tolstring(L_, at, &size);
        return CapturedThing{.value = std::string(text, size)};
      }
      case LUA_TLIGHTUSERDATA: return CapturedThing{.kind = Kind::standard, .name = "null"};
      case LUA_TFUNCTION: {
        lua_pushvalue(L_, at);
        const FoundFunction found = hold_function(L_);
        lua_pop(L_, 1);
        luaL_unref(L_, LUA_REGISTRYINDEX, found.ref.id);
        if (found.chunk >= 0) {
          const int index = number(functions_, at, 1, out_->functions.size());
          if (index == static_cast<int>(out_->functions.size())) out_->functions.push_back({found.chunk, found.id});
          return CapturedThing{.kind = Kind::function, .index = index};
        }
        break;
      }
      case LUA_TTABLE: {
        const int index = number(tables_, at, 2, out_->tables.size());
        if (index == static_cast<int>(out_->tables.size())) out_->tables.push_back({.is_list = is_array(L_, at)});
        return CapturedThing{.kind = Kind::table, .index = index};
      }
      default: break;
    }
    if (const auto known = standard_.find(lua_topointer(L_, at)); known != standard_.end())
      return CapturedThing{.kind = Kind::standard, .name = known->second};
    const bool is_function = lua_isfunction(L_, at);
    refuse_it(Code::bad_result,
              is_function ? "`" + path + "` is a function of the runtime, which cannot be a policy; write `function(p) … end`"
                          : "the policy uses `" + path +
                      "`, which cannot be written down: the value is only lent for reading; copy what you need of it");
    return {};
  }

  void function(std::size_t index) {
    luaL_checkstack(L_, 8, "too many functions");
    lua_rawgeti(L_, met_, static_cast<int>(2 * index + 1));
    const int at = lua_gettop(L_);
    const CapturedFunction about = out_->functions[index];
    for (int i = 1; !refused_; ++i) {
      const char* name = lua_getupvalue(L_, at, i);
      if (!name) break;
      const std::string variable = name;
      if (variable.starts_with("__")) {  // the instrumentation's own
        lua_pop(L_, 1);
        continue;
      }
      const auto [known, is_new] = variables_.try_emplace(lua_upvalueid(L_, at, i), static_cast<int>(out_->variables.size()));
      if (is_new) {
        auto holds = thing(lua_gettop(L_), variable);
        if (!holds) return;
        out_->variables.push_back({variable, std::move(*holds)});
        if (out_->variables.size() > static_cast<std::size_t>(limits::script_locals_max)) {
          refuse_it(Code::limit_exceeded,
                    "the policy uses more than " + std::to_string(limits::script_locals_max) +
                        " variables from around it, through the functions that it calls");
          return;
        }
      }
      out_->functions[index].variables.push_back(known->second);
      const CapturedThing& holds = out_->variables[static_cast<std::size_t>(known->second)].holds;
      if (holds.kind == Kind::table) {
        asking_ = {about.chunk, about.id, variable, "", {}};
        take(holds.index, use_(about.chunk, about.id, variable), variable, "", 0);
      }
      lua_pop(L_, 1);
    }
    lua_settop(L_, at - 1);
  }

  static bool has(const std::vector<CapturedMember>& members, const std::string& key) {
    return std::any_of(members.begin(), members.end(), [&](const CapturedMember& member) { return member.key == Value(key); });
  }

  // What is used of a table, and of those in it. `path` is for messages, `member` begins with the variable's own.
  void take(int index, const TableUse& use, const std::string& path, const std::string& member, int depth) {
    if (depth > limits::json_depth_max) {
      refuse_it(Code::bad_result,
                "the policy uses `" + path.substr(0, 64) + "`, which cannot be written down: tables are within each other more than " +
                    std::to_string(limits::json_depth_max) + " levels deep");
      return;
    }
    luaL_checkstack(L_, 8, "a value is nested too deep");
    lua_rawgeti(L_, met_, 2 * index + 2);
    const int at = lua_gettop(L_);
    if (use.is_whole) {
      if (!whole_.insert(index).second) return lua_settop(L_, at - 1);  // also where it holds itself
      out_->tables[static_cast<std::size_t>(index)].members.clear();
      for (lua_pushnil(L_); !refused_ && lua_next(L_, at); lua_pop(L_, 1)) {
        const auto key = key_at(lua_gettop(L_) - 1, path);
        if (!key) break;
        const std::string inner = path + (key->is_string() ? "." + key->string().substr(0, 64) : "[…]");
        auto holds = thing(lua_gettop(L_), inner);
        if (!holds) break;
        const bool is_table = holds->kind == Kind::table;
        const int below = holds->index;
        out_->tables[static_cast<std::size_t>(index)].members.push_back({*key, std::move(*holds)});
        if (is_table) take(below, use, inner, member, depth + 1);
      }
      return lua_settop(L_, at - 1);
    }
    for (const auto& [name, below] : use.members) {
      if (refused_) break;
      lua_pushlstring(L_, name.data(), name.size());
      lua_rawget(L_, at);
      const std::string inner = path + "." + name, whole = member.empty() ? name : member + "." + name;
      if (lua_isnil(L_, -1)) {
        MissingMember missing = asking_;
        missing.member = whole;
        for (lua_pushnil(L_); lua_next(L_, at); lua_pop(L_, 1))
          if (lua_type(L_, -2) == LUA_TSTRING && missing.known.size() < limits::script_problems_max)
            missing.known.push_back(text_at(L_, -2));
        std::sort(missing.known.begin(), missing.known.end());
        out_->missing.push_back(std::move(missing));
        lua_pop(L_, 1);
        continue;
      }
      auto holds = thing(lua_gettop(L_), inner);
      lua_pop(L_, 1);
      if (!holds) break;
      const bool is_table = holds->kind == Kind::table;
      const int deeper = holds->index;
      auto& members = out_->tables[static_cast<std::size_t>(index)].members;
      if (!whole_.contains(index) && !has(members, name)) members.push_back({Value(name), std::move(*holds)});
      if (is_table) take(deeper, below, inner, whole, depth + 1);
    }
    lua_settop(L_, at - 1);
  }

  std::optional<Value> key_at(int at, const std::string& path) {
    if (lua_type(L_, at) == LUA_TNUMBER) return Value(lua_tonumber(L_, at));
    if (lua_type(L_, at) == LUA_TBOOLEAN) return Value(lua_toboolean(L_, at) != 0);
    if (lua_type(L_, at) == LUA_TSTRING) {
      std::size_t size = 0;
      const char* text = lua_tolstring(L_, at, &size);
      return Value(std::string(text, size));
    }
    refuse_it(Code::bad_result,
              "the policy uses `" + path.substr(0, 64) + "`, which cannot be written down: it has a " + kind_at(L_, at) + " as a key");
    return {};
  }

  lua_State* L_;
  const AskUse& use_;
  Captures* out_ = nullptr;
  int met_ = 0;
  std::size_t things_ = 0;
  std::optional<Error> refused_;
  MissingMember asking_;
  std::map<const void*, std::string> standard_;
  std::map<const void*, int> functions_, tables_;
  std::map<const void*, int> variables_;
  std::set<int> whole_;
};

}  // namespace

Result<Captures> Vm::captured(FunctionRef function, const Environment& known, const AskUse& use) {
  State& state = *state_;
  state.vm = this;
  Captures captures;
  std::optional<Error> refused;
  const bool ran = state.protect([&](lua_State* L) {
    Collector collector(L, known, use);
    lua_rawgeti(L, LUA_REGISTRYINDEX, function.id);
    collector.run(captures);
    refused = std::move(collector.refused());
  });
  if (!ran) return state.failure.error();
  if (refused) return *refused;
  return captures;
}

}  // namespace footlight

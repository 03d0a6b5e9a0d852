// What library functions need from the Vm they run in, and how they take arguments and fail.
//
// The ugly part of C and Lua stays here: reading arguments with a message that helps, naming the
// place in the user's file, charging for work. A Lua error unwinds C++ frames, so that locals with
// destructors are fine; `catch (...)` and `noexcept` between here and Lua are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct lua_State;
struct lua_Debug;

namespace footlight {

class LuaHost {
 public:
  virtual ~LuaHost() = default;

  // Pays for work on this many bytes: a unit of fuel for the call and one for every 32 bytes, about
  // what a turn of a loop costs. Raises the stop when the fuel is used up.
  void charge(lua_State* L, std::size_t bytes) {
    debt_ += 1 + static_cast<long>(bytes / 32);
    if (debt_ >= debt_settled_at) settle(L);
  }
  // Pays for text that was copied by an operator, which is cheap: nothing for short ones.
  void charge_copy(lua_State* L, std::size_t bytes) {
    debt_ += static_cast<long>(bytes / 1024);
    if (debt_ >= debt_settled_at) settle(L);
  }
  // Takes the debt from the fuel that the script counts. Small debts wait, because asking Lua costs
  // more than most functions; that is deterministic too.
  virtual void settle(lua_State* L) = 0;
  virtual long fuel_left() = 0;  // may be negative: the debt has not been settled

  void log(std::string line);
  std::uint64_t next_random();  // splitmix64, from the seed of the call

  // Pushes what kind_at gives.
  void push_kind(lua_State* L, int i);

  // JSON of the value at i, and a value of JSON on the stack; both raise where it cannot be.
  virtual std::string json_at(lua_State* L, int i, const char* function) = 0;
  virtual void push_json(lua_State* L, std::string_view text, const char* function) = 0;

  enum class Kept { pattern, version, version_test };
  // What a function made for a text and may find again. Empty at first; forgets all when it
  // holds too many, so the reference is good for this call only, and what a call costs must not depend on it.
  std::shared_ptr<const void>& kept(Kept kind, const std::string& text);

 protected:
  static constexpr long debt_settled_at = 64;
  static constexpr std::size_t kind_count = 11;  // as many as lua_type gives

  long debt_ = 0;
  std::uint64_t random_ = 0;
  std::vector<std::string> log_;
  std::size_t log_dropped_ = 0;
  std::unordered_map<std::string, std::shared_ptr<const void>> kept_[3];
  int kinds_[kind_count] = {};  // references to the names that kind_at gives, by type
};

LuaHost& host_of(lua_State* L);

// Where the script is: the innermost line of a user's file, `experiences/a.lua:7`; empty when none.
std::string place_of(lua_State* L);
bool is_of_user(const lua_Debug& frame);  // not our own Lua: its source is known (`S`)

// Raises an error that begins with that place. Never returns; the type is for `return fail(...)`.
int fail(lua_State* L, const std::string& message);

// What the value at `i` is called in messages and by `type`: `nil`, `table` (views too), `null`, ...
const char* kind_at(lua_State* L, int i);

// The text that `tostring` gives; tables and functions are only named, their addresses are random.
std::string text_at(lua_State* L, int i);

// Arguments. `function` is the name for messages: `` `string.rep` needs a number as argument 2, got nil ``
bool is_absent(lua_State* L, int i);                                          // nil, or not passed
std::string_view string_argument(lua_State* L, int i, const char* function);  // numbers count as text
double number_argument(lua_State* L, int i, const char* function);
// A whole number within ±2^53.
std::int64_t integer_argument(lua_State* L, int i, const char* function);
std::int64_t integer_argument(lua_State* L, int i, const char* function, std::int64_t otherwise);
void table_argument(lua_State* L, int i, const char* function);                     // a table that can be written
int wrong_argument(lua_State* L, int i, const char* function, const char* wanted);  // raises

// Pushes text that a function made, or fails above limits::script_string_bytes_max.
int push_text(lua_State* L, std::string_view text, const char* function);

}  // namespace footlight

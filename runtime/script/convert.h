// Between Value and Lua. Bounded in depth, nodes and bytes, whatever a script built.
//
// A table with the keys 1..n is an array, one with text keys an object, anything between is an error.
// `{}` is an object, unless it was made by `array {}` or from a JSON array, which a hidden metatable
// remembers. JSON's null is Lua's `null` where something stands in an array or comes from a script; a
// null member of an object reads as nil, as an absent one does.
#pragma once

#include <vector>

#include "footlight/value.h"
#include "script/vm.h"

struct lua_State;

namespace footlight {

// Pushes a value. May raise Lua errors (memory), so call it protected.
void push_value(lua_State* L, const Value& value);

// The Lua value at an index. With `functions`, functions become {"$function": i} and are held;
// without, they are errors. Codes bad_result, limit_exceeded. May raise Lua errors.
Result<Value> value_at(lua_State* L, int index, std::vector<FoundFunction>* functions);

// Text as it may stand in JSON and logs: what is not UTF-8 becomes `?`, the end is cut to `bytes_max`.
std::string clean_text(std::string_view text, std::size_t bytes_max);

}  // namespace footlight

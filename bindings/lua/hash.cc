// hash: what is the same for the same text on every machine and in every release.
#include <lua.hpp>

#include "bindings/lua/host.h"
#include "bindings/lua/module.h"
#include "engine/bucket.h"
#include "footlight/value.h"

namespace footlight {

namespace {

int bucket(lua_State* L) {
  const std::string_view salt = string_argument(L, 1, "hash.bucket");
  if (is_absent(L, 2)) {
    lua_pushnil(L);
    return 1;
  }
  const std::string_view text = string_argument(L, 2, "hash.bucket");
  host_of(L).charge(L, 2 * (salt.size() + text.size()));
  lua_pushinteger(L, bucket_of(salt, text));
  return 1;
}

int sha256(lua_State* L) {
  const std::string_view text = string_argument(L, 1, "hash.sha256");
  host_of(L).charge(L, 4 * text.size() + 256);
  const std::string digest = sha256_hex(text);
  lua_pushlstring(L, digest.data(), digest.size());
  return 1;
}

}  // namespace

LuaModule hash_module() {
  return {
      "hash",
      "Stable numbers and digests of text.",
      {
          {"bucket", "hash.bucket(salt, text)",
           "Where a text falls among 0 to 9,999 for a salt, as `bucket(10)` and experiments do it: below 1,000 is a tenth. nil for nil.",
           "0.1", "assert(hash.bucket('hero-2026', 'c-17') == hash.bucket('hero-2026', 'c-17'))", bucket},
          {"sha256", "hash.sha256(text)", "The SHA-256 of the text, in lower-case hex.", "0.1", "assert(#hash.sha256('a') == 64)", sha256},
      }};
}

}  // namespace footlight

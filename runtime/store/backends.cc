#include "store/backends.h"

#include <sodium.h>

#include <algorithm>

#include "store/memory.h"
#include "store/sqlite.h"

namespace footlight {
namespace {

Result<std::unique_ptr<Store>> open_memory(const std::string& rest, Access access) {
  if (!rest.empty()) return refuse(Code::usage, "`memory:" + rest + "`: a memory store has no name: write `memory:`");
  if (access == Access::read_only) return refuse(Code::usage, "`memory:` begins empty, so there is nothing to open read-only: name a file");
  if (sodium_init() < 0) return refuse(Code::internal, "libsodium cannot start");
  return new_memory_store();
}

// `postgres:` of `postgres://host/db`, nothing of `./a:b`, `C:x` or `footlight.db`.
std::string_view scheme_of(std::string_view address) {
  const std::size_t colon = address.find(':');
  if (colon == address.npos || colon < 2) return {};
  const bool is_scheme = std::all_of(address.begin(), address.begin() + colon, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
  });
  return is_scheme ? address.substr(0, colon + 1) : std::string_view{};
}

}  // namespace

const std::vector<StoreBackend>& store_backends() {
  static const std::vector<StoreBackend> rows{
      {"memory", "memory:", "memory:", "in memory, empty at the start and gone at the end: for tests and previews", open_memory},
      {"sqlite", "sqlite:", "PATH or sqlite:PATH", "one SQLite file, made where it is missing: nothing else to install", open_sqlite_store},
  };
  return rows;
}

Result<std::unique_ptr<Store>> open_store(const std::string& address, Access access) {
  const std::string_view scheme = scheme_of(address);
  if (scheme.empty()) return open_sqlite_store(address, access);
  std::string known;
  for (const StoreBackend& row : store_backends()) {
    if (row.scheme == scheme) return row.open(address.substr(scheme.size()), access);
    known += std::string(known.empty() ? "" : ", ") + "`" + std::string(row.scheme) + "`";
  }
  return refuse(Code::usage,
                "`" + address + "`: no store answers to `" + std::string(scheme) + "`; there are " + known +
                    ", or a plain path (write `./" + address + "` if it is one)");
}

}  // namespace footlight

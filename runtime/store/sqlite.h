// A store in one SQLite file: the default. Schema and settings are at the top of sqlite.cc.
#pragma once

#include <memory>
#include <string>

#include "footlight/store.h"

namespace footlight {

// See open_store. Beside PATH stand PATH-wal and PATH-shm (SQLite's; part of the store while it is
// open) and PATH.lock (who writes).
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, Access access);

}  // namespace footlight

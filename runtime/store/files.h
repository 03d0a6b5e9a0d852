// What a store asks of the file system beyond SQLite: is this a place for a store at all, files
// that only the owner may read, and directory entries that survive a power cut.
#pragma once

#include <string>

#include "footlight/error.h"
#include "footlight/store.h"

namespace footlight {

// The path without symbolic links and dots, so that one file has one lock whatever it is called.
// Codes usage (empty), unreadable_file (a directory, no plain file, missing, directory missing).
Result<std::string> resolve_store_path(const std::string& path, Access access);

// True when it made the file, empty, mode 0600 (it will hold secrets and token hashes); false when
// something is there.
Result<bool> create_private_file(const std::string& path);

// A new file with these bytes, mode 0600, on the disk when it returns; it is there whole or not at all.
// Code already_exists where something is there.
Status write_private_file(const std::string& path, std::string_view bytes);
Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max);  // codes unreadable_file, too_large

Status sync_file(const std::string& path);
Status sync_directory_of(const std::string& path);

}  // namespace footlight
